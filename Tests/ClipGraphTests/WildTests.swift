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
    ],
    "QuantizeLinear": [
      "hf_eager_whole_legacy_op14_dyn__dynq_u8", "hf_eager_whole_legacy_op14_dyn__static_qdq_u8s8__ortopt_extended",
      "hf_sdpa_whole_dynamo_op18_dyn__dynq_u8", "oc_rn_image_legacy_op17_dyn__dynq_s8",
      "oc_rn_image_legacy_op17_dyn__static_qop_u8u8", "oc_vit_image_dynamo_op20_dyn__dynq_s8",
      "oc_vit_image_dynamo_op20_dyn__dynq_s8_perch_rr", "oc_vit_image_dynamo_op20_dyn__static_qdq_u16s8",
      "oc_vit_image_legacy_op17_dyn__static_qdq_u8s8", "oc_vit_image_legacy_op17_dyn__static_qop_u8u8",
      "oc_vit_text_legacy_op17_dyn__dynq_s8_perch_rr", "oc_vit_text_legacy_op17_dyn__static_qdq_u16s8",
      "oc_vit_text_legacy_op17_dyn__static_qdq_u8s8",
    ],
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
