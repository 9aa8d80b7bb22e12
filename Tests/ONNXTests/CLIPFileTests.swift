import CLIPModel
import Foundation
import Graphs
import Operators
import Tensors
import Testing
import TrainingGraphs

@testable import ONNX

/// A whole CLIP with its training algorithm, through a file.
struct CLIPFileTests {
  static func model() throws -> Model {
    let configuration = try CLIPConfiguration.named("tiny").configuration
    let graph = try Graph.clip(configuration, source: configuration.fresh(seed: 1))
    let training = try TrainingInfo.contrastive(training: graph, configuration, Hyperparameters(), seed: 1)
    return Model(graph: graph, training: training, metadata: [("clip.activation", "quick_gelu")])
  }

  @Test func functionsBindToTheirOperators() throws {
    let model = try Self.model()
    let wire = try ModelWriter(model, WriteOptions()).wire()
    #expect(try #require(wire.graph).nodes.allSatisfy(\.domain.isEmpty))
    #expect(!wire.functions.isEmpty)
    let back = try Model(bytes: try model.serialized(), catalogue: .standard)
    let (step, written) = try (#require(back.training).step, #require(model.training).step)
    // The inference part is spelt out; the algorithm is what it was.
    let algorithm = { (graph: Graph, count: Int) in graph.nodes.dropFirst(count).map { "\($0.name) = \($0.op)" } }
    #expect(algorithm(step, back.graph.nodes.count) == algorithm(written, model.graph.nodes.count))
    #expect(step.updates.map { step[$0.state].name } == written.updates.map { written[$0.state].name })
    #expect(step.outputs.map(\.name) == written.outputs.map(\.name))
    #expect(back.graph.outputs.map(\.name) == model.graph.outputs.map(\.name))
    for (id, array) in written.constants where !written[id].name.contains("/") {
      #expect(step.value(named: written[id].name).flatMap { step.constants[$0] } == array, "\(written[id].name)")
    }
    #expect(try back.serialized() == model.serialized())
  }

  static let step = """
    import sys, onnx, numpy as np, onnxruntime as ort
    onnx.checker.check_model(sys.argv[1], full_check=True)
    m = onnx.load(sys.argv[1])
    t = m.training_info[0].algorithm
    g = m.graph
    g.node.extend(t.node); g.initializer.extend(t.initializer); g.input.extend(t.input)
    g.output.extend(t.output); g.value_info.extend(t.value_info)
    bindings = {e.key: e.value for e in m.training_info[0].update_binding}
    del m.training_info[:]
    onnx.checker.check_model(m, full_check=True)
    s = ort.InferenceSession(m.SerializeToString())
    r = np.random.default_rng(0)
    side = g.input[0].type.tensor_type.shape.dim[2].dim_value
    image = r.normal(size=(3, 3, side, side)).astype(np.float32)
    text = r.integers(1, 40, size=(3, 8)).astype(np.int64); text[:, -1] = 63
    got = dict(zip([o.name for o in s.get_outputs()], s.run(None, {"image": image, "text": text})))
    before = {i.name: onnx.numpy_helper.to_array(i) for i in g.initializer}
    assert np.isfinite(got["loss"]) and 0.1 < got["loss"] < 10, got["loss"]
    for key, value in bindings.items():
        assert got[value].shape == before[key].shape and np.isfinite(got[value]).all(), key
    assert got[bindings["optimizer.step"]] == before["optimizer.step"] + 1
    moved = [k for k in bindings if k.startswith("optimizer.") and np.abs(got[bindings[k]]).max() > 0]
    assert len(moved) > len(bindings) / 2, moved
    print("ran", len(bindings))
    """

  @Test(.enabled(if: Python.interpreter != nil, "no Python with onnx: set CLIPGRAPH_PYTHON or run make setup-tests"))
  func onnxRuntimeRunsAStep() throws {
    let directory = try TemporaryDirectory()
    try Self.model().write(to: directory.path("m.onnx"))
    let (status, output) = try Python.run(Self.step, [directory.path("m.onnx")])
    #expect(status == 0, "\(output)")
    #expect(output.contains("ran"))
  }
}
