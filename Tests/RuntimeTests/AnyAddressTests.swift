import Graphs
import Tensors
import Testing

@testable import Runtime

/// Large constants may lie at any address of a mapped file.
@Suite struct AnyAddressTests {
  @Test func aMisalignedConstantIsReadRight() throws {
    let count = 1000
    let storage = Storage(byteCount: 4 * count + 3)
    let numbers = (0..<count).map { Float($0) / 7 }
    numbers.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { (storage.base + 3).copyMemory(from: start, byteCount: bytes.count) }
    }
    let loose = try NDArray(.float32, [count], storage: storage, offset: 3)
    #expect(!loose.isAligned && loose.aligned.isAligned && loose == NDArray(numbers, [count]))
    let graph = try Graph.build("loose") { b in
      let x = b.input("x", .float32, [Dimension(count)])
      b.output("y", b.plus(x, b.parameter("c", loose)))
    }
    let session = try Session(graph)
    for _ in 0..<2 {
      let y = try session.run(["x": NDArray(numbers, [count])])["y"]
      #expect(y == NDArray(numbers.map { $0 + $0 }, [count]))
      try session.trim(programs: true)
    }
  }

  @Test func packedWeightsAreSharedAndLetGo() throws {
    let weights = PackedWeights(threads: 2)
    let source = NDArray([1, 2, 3] as [Float], [3])
    let packing = WeightPacking(input: 0, layout: "twice", byteCount: 24) { packed, operand in
      packed.copyMemory(from: operand, byteCount: 12)
      (packed + 12).copyMemory(from: operand, byteCount: 12)
    }
    var packed: NDArray? = try weights.packed(source, packing)
    let again = try weights.packed(source, packing)
    weights.write()
    #expect(packed?.address == again.address && weights.byteCount == 24)
    #expect(
      again.withUnsafeBytes { Array($0) }
        == (source.values(as: Float.self) + source.values(as: Float.self)).withUnsafeBytes { Array($0) })
    packed = nil
    weights.clean()
    #expect(weights.byteCount == 24)
  }
}
