/// The model configurations that come with the library: the JSON files of `models/`, embedded at build time.
public enum BuiltInConfigurations {
  /// Every configuration's name and its JSON text in UTF-8, in open_clip's model-config format, sorted by name.
  public static let files: [(name: String, json: [UInt8])] = [
    ("RN101", PackageResources.RN101_json),
    ("RN101-quickgelu", PackageResources.RN101_quickgelu_json),
    ("RN50", PackageResources.RN50_json),
    ("RN50-quickgelu", PackageResources.RN50_quickgelu_json),
    ("RN50x16", PackageResources.RN50x16_json),
    ("RN50x16-quickgelu", PackageResources.RN50x16_quickgelu_json),
    ("RN50x4", PackageResources.RN50x4_json),
    ("RN50x4-quickgelu", PackageResources.RN50x4_quickgelu_json),
    ("RN50x64", PackageResources.RN50x64_json),
    ("RN50x64-quickgelu", PackageResources.RN50x64_quickgelu_json),
    ("ViT-B-16", PackageResources.ViT_B_16_json),
    ("ViT-B-16-quickgelu", PackageResources.ViT_B_16_quickgelu_json),
    ("ViT-B-32", PackageResources.ViT_B_32_json),
    ("ViT-B-32-quickgelu", PackageResources.ViT_B_32_quickgelu_json),
    ("ViT-L-14", PackageResources.ViT_L_14_json),
    ("ViT-L-14-336", PackageResources.ViT_L_14_336_json),
    ("ViT-L-14-336-quickgelu", PackageResources.ViT_L_14_336_quickgelu_json),
    ("ViT-L-14-quickgelu", PackageResources.ViT_L_14_quickgelu_json),
    ("shapes", PackageResources.shapes_json),
    ("tiny", PackageResources.tiny_json),
  ]
}
