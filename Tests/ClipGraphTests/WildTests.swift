import ClipGraph
import Testing

@Suite(
  "Exports of others",
  .enabled(if: Wild.isThere, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED), or there is no Python"))
struct WildTests {
  /// Files that are not run yet, by what is said of them.
  static let refused: [String: [String]] = [
    // Layouts of one processor.
    "com.microsoft.nchwc": [
      "hf_eager_image_legacy_op17_dyn__ortopt_all", "hf_eager_whole_legacy_op14_dyn__ortopt_all",
      "openai_vit_whole_legacy_op12_dyn__ortopt_all",
    ]
  ]

  @Test(arguments: Wild.names)
  func givesTheExpectedNumbers(name: String) throws {
    let reason = Self.refused.first { $0.value.contains(name) }?.key
    for road in Wild.Road.allCases {
      let complaint = try Wild.complaint(name, road)
      guard let reason else {
        #expect(complaint == nil, "\(road.rawValue)")
        continue
      }
      #expect(complaint?.contains(reason) == true, "\(complaint ?? "it runs")")
      break
    }
  }

  @Test func everyRefusedFileIsThere() {
    for name in Self.refused.values.joined() { #expect(Wild.names.contains(name), "\(name)") }
  }
}
