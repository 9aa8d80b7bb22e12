import CLIPModel
import ClipGraph
import Foundation
import Graphs
import Operators
import Preprocessing
import Tensors

/// A file as another program would export it: the workshop's model under other names, without our metadata.
struct ForeignModel {
  /// Names of the inputs and outputs, by ours; an output that is left out is not there.
  var names: [String: String]
  /// Items that it takes at once; nil for any number.
  var batch: Int?
  /// Tokens of a caption; nil for any number.
  var length: Int?
  /// Whether an attention mask comes with captions.
  var hasMask = false
  /// Whether captions are of 32 bits, and pictures have their channels last.
  var hasOtherTypes = false
  var producer = "pytorch"

  static let huggingFace = [
    "image": "pixel_values", "text": "input_ids", "image_features": "image_embeds", "text_features": "text_embeds",
  ]
  static let openCLIP = [
    "image": "image", "text": "text", "image_features": "image_features", "text_features": "text_features",
  ]
  /// Logits alone, as open_clip's forward gives them.
  static let logits = ["image": "image", "text": "text", "logits_per_image": "logits_per_image"]

  /// Writes the model at `path` to `target`.
  func write(_ path: String, to target: String) throws {
    var model = try readModel(path)
    model.training = nil
    model.metadata = [("note", "of another program")]
    model.producer = (producer, "2.9")
    var graph = model.graph
    graph.outputs = graph.outputs.filter { names[$0.name] != nil }
    var numbers: [String: Int] = [:]
    if let length { numbers["sequence"] = length }
    if let batch { numbers["batch"] = batch }
    graph = try graph.pruned().bound(numbers)
    // The reader keeps what nothing reads, as exporters do.
    for (id, array) in model.graph.constants where model.graph[id].name == "logit_scale" {
      if graph.value(named: "logit_scale") == nil {
        let new = graph.addValue(Value(name: "logit_scale", type: array.type))
        graph.constants[new] = array
      }
    }
    func needs(_ name: String) -> Bool {
      graph.nodes.contains { $0.inputs.contains { $0.map { graph[$0].name } == name } }
    }
    graph.inputs = graph.inputs.filter { needs(graph[$0].name) }
    for id in graph.inputs { graph[id].name = names[graph[id].name] ?? graph[id].name }
    if hasMask { graph.maskEmbeddings(of: names["text"] ?? "text") }
    if hasOtherTypes { graph.convertInputs() }
    for index in graph.outputs.indices {
      let wanted = names[graph.outputs[index].name] ?? graph.outputs[index].name
      graph.outputs[index].name = wanted
    }
    model.graph = graph
    try writeModel(model, to: target)
  }

  /// `tokenizer.json` with the merges of a vocabulary file.
  static func tokenizerJSON(_ vocabulary: String) throws -> Data {
    let read = try BytePairVocabulary(contentsOf: vocabulary)
    let merges = read.text.split(separator: "\n").dropFirst().map(String.init)
    // CLIP's order: bytes that print, then the others, then the same at the end of a word, then merges.
    let printing = Array(33...126) + Array(161...172) + Array(174...255)
    let others = (0..<256).filter { !printing.contains($0) }.indices.map { 256 + $0 }
    let letters = (printing + others).compactMap { Unicode.Scalar($0).map { String(Character($0)) } }
    let tokens = letters + letters.map { $0 + "</w>" } + merges.map { $0.replacing(" ", with: "") }
    var identifiers = ["<|startoftext|>": read.startOfText, "<|endoftext|>": read.endOfText]
    for (id, token) in tokens.enumerated() { identifiers[token] = id }
    let object: [String: Any] = [
      "model": ["type": "BPE", "end_of_word_suffix": "</w>", "vocab": identifiers, "merges": merges] as [String: Any]
    ]
    return try JSONSerialization.data(withJSONObject: object)
  }
}

extension Graph {
  /// Has embeddings of padding be zeros, which changes nothing that is read of a caption.
  fileprivate mutating func maskEmbeddings(of text: String) {
    guard let id = inputs.first(where: { self[$0].name == text }),
      let index = nodes.firstIndex(where: { $0.op is Gather && $0.inputs.last == .some(id) }),
      let embedded = nodes[index].outputs.first, let embedded
    else { return }
    let type = self[id].type
    let mask = addValue(Value(name: "attention_mask", type: TensorType(.int64, type.shape)))
    let numbers = addValue(Value(name: "mask.numbers", type: TensorType(.float32, type.shape)))
    let column = addValue(
      Value(name: "mask.column", type: TensorType(.float32, Shape(type.shape.dimensions + [1]))))
    let whole = addValue(Value(name: "mask.whole", type: self[embedded].type))
    inputs.append(mask)
    nodes[index].outputs = [whole]
    nodes.insert(
      contentsOf: [
        Node(name: "mask/Cast", op: Cast(to: .float32), inputs: [mask], outputs: [numbers]),
        Node(name: "mask/Unsqueeze", op: Unsqueeze(axes: [2]), inputs: [numbers], outputs: [column]),
        Node(name: "mask/Mul", op: Mul(), inputs: [whole, column], outputs: [embedded]),
      ], at: index + 1)
  }

  /// Captions of 32 bits, and pictures with their channels last.
  fileprivate mutating func convertInputs() {
    for (place, id) in inputs.enumerated() {
      let (name, type) = (self[id].name, self[id].type)
      var (other, op): (TensorType, any Operator) = (type, Cast(to: type.scalar))
      if type.shape.rank == 4 {
        let axes = type.shape.dimensions
        other.shape = Shape([axes[0], axes[2], axes[3], axes[1]])
        op = Transpose(permutation: [0, 3, 1, 2])
      } else {
        other.scalar = .int32
      }
      self[id].name = "converted.\(name)"
      inputs[place] = addValue(Value(name: name, type: other))
      nodes.insert(Node(name: "converted/\(name)", op: op, inputs: [inputs[place]], outputs: [id]), at: 0)
    }
  }
}
