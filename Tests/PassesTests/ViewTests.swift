import Tensors
import Testing

@testable import Passes

struct ViewTests {
  private static let (batch, tokens) = (Dimension.symbol("batch"), Dimension.symbol("tokens"))
  private static let shape: Shape = [batch, tokens, 24]

  @Test func headsOfAPackedProjection() throws {
    let q = try #require(
      View(Self.shape).sliced(axis: 2, from: 8, length: 8)?.reshaped(to: [Self.batch, Self.tokens, 2, 4])
    ).transposed([0, 2, 1, 3])
    #expect(q.offset == 8)
    #expect(q.digit(0) == View.Digit(extent: Self.batch, stride: Self.tokens * 24))
    #expect(q.digit(1) == View.Digit(extent: 2, stride: 4))
    #expect(q.digit(2) == View.Digit(extent: Self.tokens, stride: 24))
    #expect(q.digit(3) == View.Digit(extent: 4, stride: 1))
  }

  /// Five axes with q, k and v on one, as PyTorch's attention unpacks them.
  @Test func selectionFromAnAxisOfThree() throws {
    let view = try #require(View(Self.shape).reshaped(to: [Self.batch, Self.tokens, 3, 8]))
      .transposed([2, 0, 1, 3]).selected(axis: 0, 2)
    #expect(view == View(Self.shape).sliced(axis: 2, from: 16, length: 8))
  }

  @Test func batchAndHeadsOnOneAxis() throws {
    let heads = try #require(View(Self.shape).reshaped(to: [Self.batch, Self.tokens * 3, 8]))
    #expect(heads.digit(1) == View.Digit(extent: Self.tokens * 3, stride: 8))
    let merged = try #require(View([Self.tokens, Self.batch, 24]).reshaped(to: [Self.tokens, Self.batch * 3, 8]))
    #expect(merged.digit(1) == View.Digit(extent: Self.batch * 3, stride: 8))
    let split = try #require(View(Self.shape).transposed([1, 0, 2]).reshaped(to: [Self.tokens, Self.batch * 3, 8]))
    #expect(split.digit(1) == nil)
    #expect(split.reshaped(to: [Self.tokens, Self.batch, 3, 8])?.digit(2) == View.Digit(extent: 3, stride: 8))
  }

  @Test func whatDoesNotDivideIsNoView() {
    #expect(View([6, 4]).transposed([1, 0]).reshaped(to: [3, 8]) == nil)
    #expect(View([Self.batch, 4]).reshaped(to: [Self.tokens, 4]) == nil)
    #expect(View(Self.shape).sliced(axis: 2, from: 0, length: 8)?.reshaped(to: [Self.batch * 8, Self.tokens]) == nil)
  }

  @Test func theFewestMoves() {
    func moves(_ view: View?, _ target: Shape) -> Int? {
      view?.moves(from: Self.shape, to: target)?.count(from: Self.shape)
    }
    let whole = View(Self.shape)
    #expect(moves(whole, Self.shape) == 0)
    #expect(moves(whole.reshaped(to: [Self.batch * Self.tokens, 24]), [Self.batch * Self.tokens, 24]) == 1)
    #expect(moves(whole.transposed([1, 0, 2]), [Self.tokens, Self.batch, 24]) == 1)
    let heads = whole.reshaped(to: [Self.batch, Self.tokens, 3, 8])?.transposed([0, 2, 1, 3])
    #expect(moves(heads, [Self.batch, 3, Self.tokens, 8]) == 2)
    let flat: Shape = [Self.batch * 3, Self.tokens, 8]
    #expect(moves(heads?.reshaped(to: flat), flat) == 3)
  }
}
