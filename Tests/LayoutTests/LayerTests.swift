import Foundation
import Testing

/// Each target imports only what its layer allows.
struct LayerTests {
  @Test func everyTargetHasALayer() {
    let folders = Set(
      Repository.files(under: ["Sources", "converter"], suffixes: [".swift", ".c", ".h"])
        .compactMap { file -> String? in
          let parts = file.split(separator: "/")
          return parts.count > 2 ? parts.prefix(2).joined(separator: "/") : nil
        })
    let known = Set(Layers.table.values.map(\.folder) + Layers.cTargets.keys.map { "Sources/\($0)" })
    #expect(folders == known)
  }

  @Test(arguments: Layers.table.keys.sorted())
  func swiftImportsStayInTheirLayer(target: String) throws {
    let layer = try #require(Layers.table[target])
    let allowed = Layers.allowedImports(of: target)
    for file in Repository.files(under: [layer.folder], suffixes: [".swift"]) {
      for module in Source.imports(in: Repository.lines(of: file)) where !allowed.contains(module) {
        Issue.record("\(file) imports \(module), which \(target) may not; allowed: \(allowed.sorted())")
      }
    }
  }

  @Test(arguments: Layers.cTargets.keys.sorted())
  func cTargetsIncludeTheirOwnLibrariesAlone(target: String) {
    let foreign = Layers.cTargets.filter { $0.key != target }.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    for file in Repository.files(under: ["Sources/\(target)"], suffixes: [".c", ".h"]) {
      let includes = Source.includes(in: Repository.lines(of: file))
      #expect(foreign.isDisjoint(with: includes), "\(file) includes a library of another target")
      if target == "CKernels" {
        #expect(!includes.contains("stdio.h"), "\(file): kernels do no input or output")
      }
    }
  }

  @Test func theParserFindsEveryFormOfImport() {
    let lines: [Substring] = [
      "import Tensors", "  @testable import Graphs", "@_exported public import Operators",
      "import struct Runtime.Program",
      "internal import ONNX  // why", "// import Passes", "let important = 1", "import\tCONNX", "import A; import B",
    ]
    #expect(
      Source.imports(in: lines) == ["Tensors", "Graphs", "Operators", "Runtime", "ONNX", "CONNX", "A", "B"])
    #expect(
      Source.includes(in: ["#include <omp.h>", "#  include \"cblas.h\"", "// #include <png.h>"]) == [
        "omp.h", "cblas.h",
      ])
  }

  @Test func layersBringWhatIsBelowThem() {
    #expect(Layers.allowedImports(of: "Runtime").isDisjoint(with: ["Operators", "CKernels", "ONNX"]))
    #expect(Layers.allowedImports(of: "Autodiff").isSuperset(of: ["Operators", "Graphs", "Tensors"]))
    #expect(!Layers.allowedImports(of: "Autodiff").contains("CKernels"))
  }
}
