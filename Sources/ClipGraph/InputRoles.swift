import Graphs
import Tensors

/// What the inputs of a graph are for, by type and name.
struct InputRoles {
  private(set) var image: ValueID?
  private(set) var text: ValueID?
  private(set) var companions: [(role: EntryPoints.Companion.Role, id: ValueID)] = []

  /// Names that exporters give, the surest first.
  private static let imageNames = ["image", "pixel_values", "images", "pixels", "pixel", "img", "input", "x"]
  private static let textNames = ["text", "input_ids", "tokens", "texts", "ids", "token", "input"]

  init(_ graph: Graph) {
    var images: [ValueID] = []
    var texts: [ValueID] = []
    for id in graph.inputs {
      let (name, type) = (graph[id].name.lowercased(), graph[id].type)
      if InputRoles.holdsPictures(type) {
        images.append(id)
      } else if let role = InputRoles.companion(name), (1...2).contains(type.shape.rank) {
        companions.append((role, id))
      } else if type.shape.rank == 2, type.scalar == .int32 || type.scalar == .int64 {
        texts.append(id)
      }
    }
    image = InputRoles.best(images, InputRoles.imageNames, graph)
    text = InputRoles.best(texts, InputRoles.textNames, graph)
  }

  /// Four axes with three channels among them.
  private static func holdsPictures(_ type: TensorType) -> Bool {
    guard type.shape.rank == 4, type.scalar.isFloat || type.scalar == .uint8 else { return false }
    return [1, 3].contains { type.shape[$0] == 3 || type.shape[$0].constant == nil }
  }

  private static func companion(_ name: String) -> EntryPoints.Companion.Role? {
    if name.contains("mask") { return .mask }
    if name.contains("position") { return .positions }
    return name.contains("type") || name.contains("segment") ? .segments : nil
  }

  private static func best(_ candidates: [ValueID], _ names: [String], _ graph: Graph) -> ValueID? {
    func rank(_ id: ValueID) -> Int {
      let name = graph[id].name.lowercased()
      return names.firstIndex(of: name) ?? names.firstIndex { name.contains($0) }.map { $0 + names.count } ?? .max
    }
    return candidates.min { (rank($0), $0) < (rank($1), $1) }
  }
}
