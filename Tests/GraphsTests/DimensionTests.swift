import Tensors
import Testing

struct DimensionTests {
  let a = Dimension.symbol("a")
  let b = Dimension.symbol("b")

  @Test func sumsAndProductsHaveOneForm() {
    #expect((a + b) * (a - b) == a * a - b * b)
    #expect(a + 1 - a == 1)
    #expect((a * 3 + b).description == "3·a + b")
    #expect((a - a).constant == 0)
  }

  @Test func quotients() {
    #expect((a * b * 6).dividedExactly(by: b * 3) == a * 2)
    #expect((a * 3 + 6).dividedExactly(by: 3) == a + 2)
    #expect((a * 3 + 1).dividedExactly(by: 3) == nil)
    #expect((a * a - b * b).dividedExactly(by: a + b) == a - b)
    #expect(Dimension(-7).floorDivided(by: 2) == -4)
    #expect(Dimension(7).floorDivided(by: 0) == 0)
    #expect((a + 1).floorDivided(by: 2).bound(["a": 6]) == 3)
    #expect((a + 1).floorDivided(by: 2).symbols == ["a"])
  }

  @Test func symbolsAreBoundAndReplaced() {
    #expect((a * b + 2).bound(["a": 3]) == b * 3 + 2)
    #expect((a * a).substituting(["a": b + 1]) == b * b + b * 2 + 1)
    #expect((a + 1).floorDivided(by: 2).substituting(["a": b * 2 - 1]) == b)
    #expect(a.substituting(["b": 2]) == a)
  }

  @Test func differenceIsKnownOnlyWhereItIs() {
    #expect((a + 1).differs(from: a))
    #expect(!a.differs(from: b))
    #expect(!a.differs(from: a))
  }

  @Test func hugeNumbersSaturate() {
    let huge = Dimension(Int.max / 4)
    #expect((huge * huge).constant.map { $0 > 1 << 60 } == true)
    #expect((huge * huge * -1).constant.map { $0 < -(1 << 60) } == true)
    #expect((huge + huge).constant.map { $0 > 0 } == true)
  }
}
