/// The layers of the package: what each Swift target may import.
enum Layers {
  struct Layer {
    /// The target's folder, relative to the root.
    var folder: String
    /// The targets of this package that it stands on. Swift targets among them bring their own layers along, since their
    /// interfaces speak of those types; C targets are for the targets that name them.
    var targets: Set<String> = []
    /// Modules of other packages.
    var external: Set<String> = []
  }

  static let table: [String: Layer] = [
    "Tensors": Layer(folder: "Sources/Tensors"),
    "Graphs": Layer(folder: "Sources/Graphs", targets: ["Tensors"]),
    "Operators": Layer(folder: "Sources/Operators", targets: ["Graphs", "CKernels"]),
    "Autodiff": Layer(folder: "Sources/Autodiff", targets: ["Operators"]),
    "Passes": Layer(folder: "Sources/Passes", targets: ["Operators"]),
    "Runtime": Layer(folder: "Sources/Runtime", targets: ["Graphs"]),
    "ONNX": Layer(folder: "Sources/ONNX", targets: ["Graphs", "CONNX"]),
    "CLIPModel": Layer(folder: "Sources/CLIPModel", targets: ["Operators"]),
    "Preprocessing": Layer(folder: "Sources/Preprocessing", targets: ["Tensors", "CImageCodecs"]),
    "TrainingGraphs": Layer(folder: "Sources/TrainingGraphs", targets: ["CLIPModel", "Autodiff"]),
    "Checkpoints": Layer(folder: "converter/Checkpoints", targets: ["CLIPModel", "Tensors"]),
    "ClipGraph": Layer(
      folder: "Sources/ClipGraph",
      targets: [
        "Tensors", "Graphs", "Operators", "Autodiff", "Passes", "Runtime", "ONNX", "CLIPModel", "Preprocessing",
        "TrainingGraphs", "Checkpoints",
      ]),
    "Datasets": Layer(
      folder: "Sources/Datasets", targets: ["Preprocessing"]),
    "Training": Layer(folder: "Sources/Training", targets: ["ClipGraph", "Datasets"]),
    "Evaluation": Layer(folder: "Sources/Evaluation", targets: ["ClipGraph", "Datasets"]),
    "Command": Layer(
      folder: "Sources/Command", targets: ["Datasets", "Training", "Evaluation"],
      external: ["ArgumentParser"]),
  ]

  /// C targets, and the headers of libraries that only they include.
  static let cTargets: [String: Set<String>] = [
    "CKernels": ["omp.h"],
    "CONNX": ["protobuf-c/protobuf-c.h"],
    "CImageCodecs": [
      "jpeglib.h", "jerror.h", "png.h", "zlib.h", "webp/decode.h", "webp/encode.h", "webp/types.h",
    ],
  ]

  /// What any target may import: the system.
  static let system: Set<String> = [
    "Swift", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch",
  ]

  /// Everything that a target may import.
  static func allowedImports(of target: String) -> Set<String> {
    guard let layer = table[target] else { return system }
    return layer.targets.union(below(target)).union(layer.external).union(system)
  }

  /// The Swift targets beneath a target, at any depth.
  private static func below(_ target: String) -> Set<String> {
    let named = (table[target]?.targets ?? []).filter { table[$0] != nil }
    return named.reduce(into: named) { $0.formUnion(below($1)) }
  }
}
