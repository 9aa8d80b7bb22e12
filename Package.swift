// swift-tools-version: 6.1
import PackageDescription

/// C targets are always optimised: a debug build of a numeric kernel tells nothing. `-ffp-contract=off` keeps every
/// instruction set at the same results. These flags are why a dependant names this package by path or branch.
let kernelFlags: [CSetting] = [
  .unsafeFlags(["-O3", "-fopenmp", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"])
]
let cFlags: [CSetting] = [.unsafeFlags(["-O2", "-Wall", "-Wextra"])]

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The built-in model configurations. `Sources/CLIPModel/models` is a link to `models/`; each file becomes a byte array in
/// the code, so that a library or a command needs no resource bundle beside it.
let builtInConfigurations: [Resource] = [
  "RN101", "RN101-quickgelu", "RN50", "RN50-quickgelu", "RN50x16", "RN50x16-quickgelu", "RN50x4", "RN50x4-quickgelu",
  "RN50x64", "RN50x64-quickgelu",
  "ViT-B-16", "ViT-B-16-quickgelu", "ViT-B-32", "ViT-B-32-quickgelu", "ViT-L-14", "ViT-L-14-336",
  "ViT-L-14-336-quickgelu", "ViT-L-14-quickgelu", "shapes", "tiny",
].map { .embedInCode("models/\($0).json") }

let package = Package(
  name: "ClipGraph",
  products: [
    .library(name: "ClipGraph", targets: ["ClipGraph"]),
    .library(name: "ClipGraphTraining", targets: ["Training"]),
    .executable(name: "clipgraph", targets: ["Command"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .target(
      name: "CKernels", cSettings: kernelFlags,
      linkerSettings: [.linkedLibrary("omp5"), .linkedLibrary("m")]),
    .target(
      name: "CONNX", exclude: ["onnx.proto", "regenerate.sh"], cSettings: cFlags,
      linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
      name: "CImageCodecs", cSettings: cFlags,
      linkerSettings: [
        .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp"), .linkedLibrary("webpdemux"),
        .linkedLibrary("z"),
      ]),
    .target(name: "Tensors"),
    .target(name: "Graphs", dependencies: ["Tensors"]),
    .target(name: "Operators", dependencies: ["Graphs", "CKernels"]),
    .target(name: "Autodiff", dependencies: ["Operators"]),
    .target(name: "Passes", dependencies: ["Operators"]),
    .target(name: "Runtime", dependencies: ["Graphs"]),
    .target(name: "ONNX", dependencies: ["Graphs", "CONNX"]),
    .target(
      name: "CLIPModel", dependencies: ["Operators"],
      exclude: ["models/README.md", "models/datasets.json", "models/shapes.onnx"], resources: builtInConfigurations),
    .target(name: "Preprocessing", dependencies: ["Tensors", "CImageCodecs"]),
    .target(name: "TrainingGraphs", dependencies: ["CLIPModel", "Autodiff"]),
    .target(name: "Checkpoints", dependencies: ["CLIPModel", "Tensors"], path: "converter/Checkpoints"),
    .target(
      name: "ClipGraph",
      dependencies: [
        "Tensors", "Graphs", "Operators", "Autodiff", "Passes", "Runtime", "ONNX", "CLIPModel", "Preprocessing",
        "TrainingGraphs", "Checkpoints",
      ]),
    // `Sources/Datasets/datasets.json` is a link to the file in `models/`.
    .target(name: "Datasets", dependencies: ["Preprocessing"], resources: [.embedInCode("datasets.json")]),
    .target(name: "Training", dependencies: ["ClipGraph", "Datasets"]),
    .target(name: "Evaluation", dependencies: ["ClipGraph", "Datasets"]),
    .executableTarget(
      name: "Command", dependencies: ["Training", "Evaluation", "ClipGraph", "Datasets", arguments]),
    .executableTarget(name: "ExampleClassify", dependencies: ["ClipGraph"], path: "examples/Classify"),
    .executableTarget(
      name: "ExampleTrain", dependencies: ["Training", "Datasets", "ClipGraph", "CLIPModel"], path: "examples/Train"),
    .executableTarget(
      name: "ExampleInspectGraph", dependencies: ["ClipGraph", "Graphs", "Passes", "Runtime"],
      path: "examples/InspectGraph"),
    .executableTarget(
      name: "ExampleAddOperator", dependencies: ["ClipGraph", "Autodiff", "Graphs", "ONNX", "Operators", "Tensors"],
      path: "examples/AddOperator"),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Command", "ExampleClassify", "ExampleTrain", "ExampleInspectGraph", "ExampleAddOperator", "Training",
        "Evaluation", "Datasets", "ClipGraph", "CLIPModel", "Checkpoints", "Tensors", "TrainingGraphs",
      ]),
    .testTarget(name: "CONNXTests", dependencies: ["CONNX"]),
    .testTarget(name: "GraphsTests", dependencies: ["Operators"]),
    .testTarget(name: "KernelsTests", dependencies: ["CKernels"]),
    .testTarget(name: "LayoutTests", dependencies: ["CLIPModel"]),
    .testTarget(name: "OperatorsTests", dependencies: ["Operators", "Autodiff", "Graphs", "Tensors", "CKernels"]),
    .testTarget(name: "PassesTests", dependencies: ["Passes", "TrainingGraphs", "Autodiff"], exclude: ["Goldens"]),
    .testTarget(name: "CLIPModelTests", dependencies: ["CLIPModel"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets"]),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "ClipGraph", "Datasets"], exclude: ["Fixtures"]),
    .testTarget(name: "AutodiffTests", dependencies: ["Autodiff"]),
    .testTarget(name: "RuntimeTests", dependencies: ["Runtime"]),
    .testTarget(name: "ONNXTests", dependencies: ["ONNX", "Operators", "CLIPModel", "TrainingGraphs"]),
    .testTarget(
      name: "ClipGraphTests", dependencies: ["ClipGraph", "Checkpoints", "CLIPModel", "TrainingGraphs"]),
    // No dependency of tests, which would then run with its malloc.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter", cSettings: cFlags),
    .executableTarget(
      name: "AllocationProbe", dependencies: ["ClipGraph", "CAllocationCounter"], path: "Tests/AllocationProbe"),
    .executableTarget(
      name: "Conformance", dependencies: ["ClipGraph", "Graphs", "ONNX", "Operators", "Tensors"],
      path: "Tests/Conformance", exclude: ["newer.py", "run", "score.md", "tests.txt"]),
    .testTarget(name: "PreprocessingTests", dependencies: ["Preprocessing"]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzed readers need flags of their own: `Tests/Fuzzing/run` asks for them.
if Context.environment["CLIPGRAPH_FUZZING"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzzing",
      dependencies: ["Checkpoints", "Datasets", "Graphs", "ONNX", "Operators", "Passes", "Preprocessing"],
      path: "Tests/Fuzzing", exclude: ["run"], swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}

// Every target of the library explains itself in a README.md, which is no source.
for target in package.targets
where !target.isTest && target.path?.hasPrefix("examples/") != true && target.path?.hasPrefix("Tests/") != true {
  target.exclude.append("README.md")
}
