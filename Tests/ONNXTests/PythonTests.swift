import Foundation
import Graphs
import Tensors
import Testing

@testable import ONNX

/// Python with onnx and ONNX Runtime: CLIPGRAPH_PYTHON, or `.venv` of the repository.
enum Python {
  static let interpreter: String? = {
    if let named = ProcessInfo.processInfo.environment["CLIPGRAPH_PYTHON"] { return named }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let local = root.appending(path: ".venv/bin/python").path
    return FileManager.default.isExecutableFile(atPath: local) ? local : nil
  }()

  /// Runs a script; returns what it prints, errors included.
  static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: try #require(interpreter))
    process.arguments = ["-c", script] + arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}

/// Others read what we write.
@Suite(.enabled(if: Python.interpreter != nil, "no Python with onnx: set CLIPGRAPH_PYTHON or run make setup-tests"))
struct PythonTests {
  static let check = """
    import sys, onnx
    for path in sys.argv[1:]:
        onnx.checker.check_model(path, full_check=True)
        onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True)
    """

  /// Puts graph and algorithm together as an ordinary model, runs it, and compares with the formulas.
  static let step = """
    import sys, onnx, numpy as np, onnxruntime as ort
    m = onnx.load(sys.argv[1])
    t = m.training_info[0].algorithm
    g = m.graph
    g.node.extend(t.node); g.initializer.extend(t.initializer); g.input.extend(t.input)
    g.output.extend(t.output); g.value_info.extend(t.value_info)
    del m.training_info[:]
    onnx.checker.check_model(m, full_check=True)
    s = ort.InferenceSession(m.SerializeToString())
    r = np.random.default_rng(0)
    x = r.normal(size=(5, 4)).astype(np.float32); target = r.normal(size=(5, 3)).astype(np.float32)
    names = [o.name for o in s.get_outputs()]
    got = dict(zip(names, s.run(None, {"x": x, "target": target})))
    W = (np.arange(12).reshape(4, 3) / 8 - 1).astype(np.float32)
    y = x @ W
    d = y - target
    third = 2 * (3 * (2 * d * d + 1) ** 2 + 1) ** 2 + 1
    want = {"y": y, "loss": (third * d).sum(-1).mean(), "rate_used": np.float32(0.5)}
    gradient = x.T @ third
    want["W.next"] = W - 0.5 * gradient
    want["W.gradient"] = gradient
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-4, atol=1e-3 * np.abs(value).max(), err_msg=name)
    print(sorted(names))
    """

  @Test func checkerAndShapeInferenceAcceptOurFiles() throws {
    let directory = try TemporaryDirectory()
    try Model(graph: try RoundTripTests.graph()).write(to: directory.path("a.onnx"))
    try FileTests.large().write(to: directory.path("b.onnx"), options: WriteOptions(weights: .external))
    try TrainingTests.model().write(to: directory.path("c.onnx"))
    try Model(graph: try RoundTripTests.graph()).write(to: directory.path("d.onnx"), options: WriteOptions(opset: 20))
    let (status, output) = try Python.run(Self.check, ["a", "b", "c", "d"].map { directory.path("\($0).onnx") })
    #expect(status == 0, "\(output)")
  }

  @Test func onnxRuntimeRunsAStep() throws {
    let directory = try TemporaryDirectory()
    try TrainingTests.model().write(to: directory.path("m.onnx"))
    let (status, output) = try Python.run(Self.step, [directory.path("m.onnx")])
    #expect(status == 0, "\(output)")
    #expect(output.contains("W.next"))
  }
}
