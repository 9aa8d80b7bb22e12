import Graphs
import Operators
import Tensors
import Testing

/// Shapes and contents that are followed through symbols.
struct ShapeChainTests {
  private static let batch = Dimension.symbol("batch")
  private static let sequence = Dimension.symbol("sequence")

  /// The type of what `body` makes of x [batch, sequence, 768].
  private func type(_ body: (GraphBuilder, Tensor) -> Tensor) throws -> TensorType {
    var made: Tensor?
    let graph = try Graph.build("chain") { b in
      let x = b.input("x", .float32, [Self.batch, Self.sequence, 768])
      let y = body(b, x)
      b.output("y", y)
      made = y
    }
    let id = try #require(made?.id)
    return graph[id].type
  }

  @Test func headsAreSplitByAShapeChain() throws {
    let split = try type { b, x in
      let shape = x.shapeTensor()
      let extents = [0, 1].map { shape.gather(b.constant(NDArray(Int64($0))), axis: 0).unsqueezed([0]) }
      let width = shape.gather(b.constant([2]), axis: 0) / b.constant([12])
      return x.reshaped(shape: concatenated([extents[0], extents[1], b.constant([12]), width], axis: 0))
    }
    #expect(split == TensorType(.float32, [Self.batch, Self.sequence, 12, 64]))
  }

  @Test func reshapingWritesKeptAndInferredExtents() throws {
    let merged = Self.batch * Self.sequence
    #expect(try type { $1.reshaped(to: [merged, 768]) }.shape == [merged, 768])
    #expect(try type { $1.reshaped(to: [Self.batch, Self.sequence, 12, 64]) }.shape.rank == 4)
    #expect(try type { $1.reshaped(to: [Self.sequence, 768, Self.batch]) }.shape == [Self.sequence, 768, Self.batch])
    #expect(try type { $1.flattened(axis: 1) }.shape == [Self.batch, Self.sequence * 768])
  }

  /// What exporters write for `expand`: −1 in the wanted shape stands for the extent that is there.
  @Test func whereOnShapesIsDecided() throws {
    let expanded = try type { b, x in
      let wanted = concatenated([x.dimension(0), b.constant([1, 768])], axis: 0)
      let ones = b.apply(ConstantOfShape(NDArray([Int64(1)], [1])), [b.constant([3])])
      let shape = wanted.equal(to: b.constant([-1])).select(ones, wanted)
      return b.constant(NDArray([Float(0)], [1])).expanded(shape: shape)
    }
    #expect(expanded.shape == [Self.batch, 1, 768])
  }

  @Test func slicesOfSymbolicAxes() throws {
    #expect(try type { $1.sliced(axis: 1, from: 0, to: 1) }.shape == [Self.batch, 1, 768])
    #expect(try type { $1.sliced(axis: 1, from: 1, to: .max) }.shape == [Self.batch, Self.sequence - 1, 768])
    #expect(try type { $1.sliced(axis: 1, from: -2, to: .max) }.shape == [Self.batch, 2, 768])
    let table = try type { b, x in
      let positions = b.parameter("positions", floats([77, 768], seed: 1))
      return positions.sliced(starts: b.constant([0]), ends: x.dimension(1), axes: [0])
    }
    #expect(table.shape == [Self.sequence, 768])
  }

  @Test func rangesOfSymbols() throws {
    let range = try type { b, x in
      let (zero, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
      return b.range(zero, x.dimension(1).squeezed([0]), one)
    }
    #expect(range == TensorType(.int64, [Self.sequence]))
  }

  @Test func bindingASymbolDecidesWhatWasOpen() throws {
    let graph = try Graph.build("open") { b in
      let x = b.input("x", .float32, [Self.batch])
      b.output("y", x.sliced(axis: 0, from: 0, to: 5))
    }
    #expect(graph[graph.outputs[0].value].type.shape == [5])
    let bound = try graph.bound(["batch": 3])
    #expect(bound[bound.outputs[0].value].type.shape == [3])
  }

  @Test func gradientsOfSymbolicShapesHaveTheirTypes() throws {
    let graph = try Graph.build("gradients") { b in
      let x = b.input("x", .float32, [Self.batch, Self.sequence, 8])
      let seed = b.input("seed", .float32, [Self.batch, Self.sequence, 8])
      let bias = b.input("bias", .float32, [8])
      let column = b.input("column", .float32, [Self.sequence, 1])
      b.output("bias", seed.sum(like: bias))
      b.output("column", seed.sum(like: column))
      let slice = x.sliced(axis: 1, from: 1, to: .max)
      let pullback = Pullback(
        inputs: [x, b.constant([1]), b.constant([Int.max]), b.constant([1])], outputs: [slice], seeds: [slice],
        wanted: [true], differentiateDefinition: { _, _ in [] })
      b.output("slice", Slice().gradient(pullback)[0] ?? slice)
      let mean = x.mean([1], keepDimensions: false)
      let averaging = Pullback(
        inputs: [x], outputs: [mean], seeds: [mean], wanted: [true], differentiateDefinition: { _, _ in [] })
      b.output("mean", ReduceMean(axes: [1], keepDimensions: false).gradient(averaging)[0] ?? mean)
    }
    let shapes = graph.outputs.map { graph[$0.value].type.shape }
    let whole: Shape = [Self.batch, Self.sequence, 8]
    #expect(shapes == [[8], [Self.sequence, 1], whole, whole])
  }
}
