/// How a model becomes a graph file.
public struct WriteOptions: Sendable {
  /// Where weights lie.
  public enum Weights: Sendable, Hashable {
    /// In the file while they are at most this many bytes, beside it otherwise.
    case automatic(limit: Int)
    /// In the file; an error from 2 GiB on.
    case inFile
    /// In `NAME.onnx.data` beside the file.
    case external
  }

  /// Operators are spelt as this version of the standard has them; the IR version follows.
  public var opset = 17
  /// Whether the inference graph holds standard operators only. Without it, operators that the standard lacks are calls
  /// of model-local functions there too, as they are in the training algorithm.
  public var expandsInference = true
  public var weights = Weights.automatic(limit: 1 << 30)
  /// The name of the data file, in the same directory; nil for `NAME.onnx.data`.
  public var dataName: String?
  public var producerName = "ClipGraph"
  public var producerVersion = "0.1.0"

  public init(opset: Int = 17, expandsInference: Bool = true, weights: Weights = .automatic(limit: 1 << 30)) {
    self.opset = opset
    self.expandsInference = expandsInference
    self.weights = weights
  }

  /// The IR version that came with an opset.
  var irVersion: Int {
    switch opset {
    case ...18: 8
    case 19, 20: 9
    case 21, 22: 10
    case 23: 11
    case 24: 12
    default: 13
    }
  }
}
