import CLIPModel
import Foundation
import Testing

/// The configurations in the library are the files of `models/`, but for the registry of data sets.
struct BuiltInConfigurationTests {
  @Test func everyFileIsBuiltInOnce() {
    let onDisk = Repository.files
      .filter { $0.hasPrefix("models/") && $0.hasSuffix(".json") && $0 != "models/datasets.json" }
      .map { String($0.dropFirst("models/".count).dropLast(".json".count)) }
    #expect(BuiltInConfigurations.files.map(\.name) == onDisk.sorted())
  }

  @Test(arguments: BuiltInConfigurations.files.map(\.name))
  func builtInBytesAreTheFile(name: String) throws {
    let embedded = try #require(BuiltInConfigurations.files.first { $0.name == name })
    let file = try Data(contentsOf: Repository.root.appending(path: "models/\(name).json"))
    #expect(embedded.json == Array(file))
  }

  @Test(arguments: BuiltInConfigurations.files.map(\.name))
  func configurationIsConsistent(name: String) throws {
    let built = try #require(BuiltInConfigurations.files.first { $0.name == name })
    let object = try #require(try JSONSerialization.jsonObject(with: Data(built.json)) as? [String: Any])
    let vision = try #require(object["vision_cfg"] as? [String: Any])
    let text = try #require(object["text_cfg"] as? [String: Any])
    func number(_ section: [String: Any], _ key: String) throws -> Int { try #require(section[key] as? Int) }

    #expect(try number(object, "embed_dim") > 0)
    #expect(try number(text, "layers") > 0)
    if name.hasPrefix("RN") {
      let stages = try #require(vision["layers"] as? [Int])
      #expect(stages.count == 4 && stages.allSatisfy { $0 > 0 })
      #expect(try number(vision, "image_size") % 32 == 0)
    } else {
      #expect(try number(vision, "layers") > 0)
      #expect(try number(vision, "image_size") % number(vision, "patch_size") == 0)
    }
    let features = try number(vision, "width") * (name.hasPrefix("RN") ? 32 : 1)
    #expect(features % (vision["head_width"] as? Int ?? 64) == 0)
    #expect(try number(text, "width") % number(text, "heads") == 0)
    #expect(try number(text, "context_length") > 2 && number(text, "vocab_size") > 2)
    #expect((object["quick_gelu"] as? Bool ?? false) == (name.hasSuffix("-quickgelu") || name == "shapes"))
  }
}
