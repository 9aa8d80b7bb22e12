/// A ModelProto as Swift values: what the reader and the writer need of it, with weights as arrays.
struct WireModel {
  var irVersion: Int?
  var producerName = ""
  var producerVersion = ""
  var documentation = ""
  /// Operator set versions by domain; "ai.onnx" is "".
  var imports: [(domain: String, version: Int)] = []
  var graph: WireGraph?
  var metadata: [WireEntry] = []
  var training: [WireTraining] = []
  var functions: [WireFunction] = []
}

/// A StringStringEntryProto.
struct WireEntry {
  var key: String
  var value: String
}

/// A TrainingInfoProto.
struct WireTraining {
  var initialization: WireGraph?
  var algorithm: WireGraph?
  var initializationBinding: [WireEntry] = []
  var updateBinding: [WireEntry] = []
}

/// A FunctionProto.
struct WireFunction {
  var domain = ""
  var name = ""
  var overload = ""
  var documentation = ""
  var inputs: [String] = []
  var outputs: [String] = []
  /// Attributes without and with default.
  var attributes: [String] = []
  var defaults: [WireAttribute] = []
  var nodes: [WireNode] = []
  var imports: [(domain: String, version: Int)] = []
}
