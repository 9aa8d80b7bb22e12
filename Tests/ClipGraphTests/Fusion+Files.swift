import CLIPModel
import Foundation

extension Fusion {
  static let fixtureFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/exports").path

  private static func image(
    _ name: String, _ differences: Difference..., output: String = "image_features", fixed: [String: Int] = [:],
    isResNet: Bool = false
  ) -> Fusion {
    Fusion(
      name: name, tower: .image, output: output, fixed: fixed, isResNet: isResNet, differences: differences)
  }

  /// Most texts have sixteen tokens.
  private static func text(
    _ name: String, _ differences: Difference..., output: String = "text_features",
    fixed: [String: Int] = ["sequence": 16]
  ) -> Fusion {
    Fusion(name: name, tower: .text, output: output, fixed: fixed, differences: differences)
  }

  /// Both towers of a file of Hugging Face's.
  private static func huggingFace(_ name: String) -> [Fusion] {
    [image(name, .normalised, output: "image_embeds"), text(name, .mask, .normalised, output: "text_embeds")]
  }

  static let wild: [Fusion] =
    [
      image("hf_eager_image_dynamo_op20_dyn", output: "image_embeds"),
      image("hf_eager_image_legacy_op17_dyn", output: "image_embeds"),
      image("hf_eager_image_legacy_op17_dyn__ortopt_extended", output: "image_embeds"),
      image("hf_eager_image_legacy_op17_dyn__tropt_vit_l0", output: "image_embeds"),
      image("hf_sdpa_image_dynamo_op18_static", output: "image_embeds", fixed: ["batch": 2]),
      image("oc_avgpool_lnpost_image_dynamo_op20_dyn", .averaged, .unnormalised),
      image("oc_vit_image_dynamo_op20_dyn__ortopt_extended"),
      image("oc_vit_image_dynamo_op23_dyn"),
      image("oc_vit_image_dynamo_op23_dyn__tropt_clip_l0"),
      image("oc_vit_image_legacy_op17_dyn__ext_attr"),
      image("oc_vit_image_legacy_op17_dyn__fp16_io16", .half),
      image("oc_vit_image_legacy_op17_dyn__fp16_keepio"),
      image("oc_vit_image_legacy_op17_dyn__ortopt_basic"),
      image("oc_vit_image_legacy_op17_dyn__tropt_clip_l1"),
      image("oc_vit_imagenorm_legacy_op17_dyn", .normalisedFromEpsilon),
      image("oc_vitq_image_bf16native_dynamo_op20_dyn"),
      image("openai_vit_image_legacy_op9_dyn"),
      image("openai_vit_image_legacy_op13_dyn"),
      text("hf_eager_eos2_text_dynamo_op18_dyn", output: "text_embeds"),
      text("hf_eager_eos2_text_legacy_op17_dyn", output: "text_embeds"),
      text("hf_eager_textmask_dynamo_op20_dyn", .mask, output: "text_embeds"),
      text("hf_eager_textmask_legacy_op14_dyn", .mask, output: "text_embeds"),
      text("hf_eager_textmask_legacy_op17_dyn", .mask, output: "text_embeds"),
      text("hf_sdpa_text_dynamo_op23_dyn", output: "text_embeds"),
      text("hf_sdpa_text_legacy_op17_dyn", output: "text_embeds"),
      text("oc_tanhgelu_text_legacy_op14_dyn", .fixedToken),
      text("oc_tanhgelu_text_legacy_op17_dyn", .fixedToken),
      text("oc_vit_text_dynamo_op20_dyn"),
      text("oc_vit_text_dynamo_op23_static", fixed: ["batch": 2, "sequence": 16]),
      text("oc_vit_text_legacy_op17_dyn__ortopt_extended"),
      text("oc_vit_text_legacy_op17_static", fixed: ["batch": 2, "sequence": 16]),
      text("oc_vit_text_legacy_op18_static", fixed: ["batch": 2, "sequence": 16]),
      text("openai_vit_text_legacy_op13_static", fixed: ["batch": 2, "sequence": 16]),
    ]
    + [
      "oc_rn_image_legacy_op16_dyn", "oc_rn_image_legacy_op17_dyn__fp16_keepio", "oc_rn_image_legacy_op20_dyn",
      "openai_rn_image_legacy_op10_dyn", "openai_rn_image_legacy_op13_dyn",
    ].map { image($0, isResNet: true) }
    + [image("openai_rn_image_legacy_op13_dyn__ortopt_extended", .pooledBeforeRows, isResNet: true)]
    + [
      "hf_eager_gelu_whole_legacy_op14_dyn__ortopt_extended", "hf_eager_gelu_whole_legacy_op14_dyn__tropt_bert_l0",
      "hf_eager_gelu_whole_legacy_op14_dyn__tropt_clip_l0", "hf_eager_gelu_whole_legacy_op14_dyn__tropt_vit_l0",
      "hf_eager_whole_legacy_op14_dyn__tropt_clip_l0", "hf_eager_whole_legacy_op17_dyn__tropt_bert_l0",
      "hf_sdpa_whole_dynamo_op21_dyn",
    ].flatMap(huggingFace)

  /// Two layers of width 16, eight tokens, images of 16 pixels; written by PyTorch 2.13.
  static let fixtures: [Fusion] = [
    image("hugging_face_image_legacy_op11.onnx", output: "image_embeds"),
    text("hugging_face_textmask_legacy_op17.onnx", .mask, output: "text_embeds", fixed: [:]),
    image("hugging_face_whole_dynamo_op21.onnx", .normalised, output: "image_embeds"),
    text("hugging_face_whole_dynamo_op21.onnx", .mask, .normalised, output: "text_embeds"),
    image("open_clip_image_legacy_op17.onnx"),
    image("open_clip_image_dynamo_op23.onnx"),
    text("open_clip_text_dynamo_op20.onnx"),
    text("openai_text_legacy_op17.onnx"),
  ]
}
