import Foundation
import Testing

@testable import Datasets

@Suite("The registry of data sets")
struct DatasetRegistryTests {
  private static let one = """
    {"name": "one", "title": "One", "kind": "classification", "classes": 2, "metric": "accuracy",
      "splits": [{"name": "test", "path": "test", "samples": 3}],
      "layout": {"kind": "class-folders", "folders": "names"}, "url": "https://example.org/", "license": "See its page."}
    """

  private func read(_ entries: String...) throws -> DatasetRegistry {
    let json = "{\"datasets\": [\(entries.joined(separator: ","))]}"
    return try DatasetRegistry(json: Array(json.utf8), place: "f.json")
  }

  @Test("what is built in are the paper's sets")
  func builtIn() throws {
    let registry = try DatasetRegistry.builtIn()
    let counts = Dictionary(grouping: registry.entries, by: \.kind).mapValues(\.count)
    #expect(counts == [.classification: 27, .shift: 7, .retrieval: 2])
    #expect(Set(registry.entries.map(\.name)).count == 36)
    #expect(registry.entries.allSatisfy { $0.split(named: "test") != nil && !$0.license.isEmpty })
    #expect(registry.entries.filter { $0.kind == .classification }.allSatisfy { $0.split(named: "train") != nil })
    for entry in registry.entries where entry.kind == .classification {
      #expect(entry.classes != nil && entry.splits.allSatisfy { $0.samples != nil }, "\(entry.name)")
    }
  }

  @Test(
    "sizes and metrics are the paper's",
    arguments: [
      ("food101", 101, 75_750, 25_250, "accuracy"), ("birdsnap", 500, 42_283, 2_149, "accuracy"),
      ("fgvc-aircraft", 100, 6_667, 3_333, "mean per class"), ("voc2007", 20, 5_011, 4_952, "11-point mAP"),
      ("oxford-pets", 37, 3_680, 3_669, "mean per class"), ("caltech101", 102, 3_060, 6_085, "mean per class"),
      ("oxford-flowers", 102, 2_040, 6_149, "mean per class"), ("stl10", 10, 1_000, 8_000, "accuracy"),
      ("kinetics700", 700, 494_801, 31_669, "mean(top1, top5)"), ("hateful-memes", 2, 8_500, 500, "ROC AUC"),
      ("imagenet", 1_000, 1_281_167, 50_000, "accuracy"),
    ])
  func table9(name: String, classes: Int, train: Int, test: Int, metric: String) throws {
    let entry = try DatasetRegistry.builtIn().entry(named: name)
    #expect(entry.classes == classes && entry.metric.title == metric)
    #expect(entry.split(named: "train")?.samples == train && entry.split(named: "test")?.samples == test)
  }

  @Test("seven sets of the 27 are not measured by accuracy alone")
  func metrics() throws {
    let entries = try DatasetRegistry.builtIn().entries
    let counts = Dictionary(grouping: entries, by: \.metric).mapValues(\.count)
    #expect(
      counts == [
        .accuracy: 27 - 7 + 7, .meanPerClass: 4, .elevenPointMeanAveragePrecision: 1, .areaUnderROC: 1,
        .meanOfTop1AndTop5: 1, .recall: 2,
      ])
  }

  @Test("an unknown name is answered with those like it, or all")
  func names() throws {
    let registry = try DatasetRegistry.builtIn()
    #expect(try registry.entry(named: "CIFAR-10").name == "cifar10")
    #expect(try registry.entry(named: "oxford_pets").name == "oxford-pets")
    func answer(_ name: String) -> String {
      do throws(DatasetError) { return try registry.entry(named: name).name } catch { return error.description }
    }
    #expect(answer("cifar").hasSuffix("did you mean cifar10 or cifar100?"))
    #expect(answer("imagnet").contains("did you mean imagenet"))
    #expect(answer("zebra").contains("food101, cifar10") && answer("zebra").contains("coco"))
  }

  @Test(
    "what is not sound is refused, with its place",
    arguments: [
      ("\"accuracy\"", "\"f1\"", "f.json: one: the field metric has an unknown value"),
      ("\"classification\"", "\"game\"", "the field kind has an unknown value"),
      ("\"license\"", "\"licence\"", "unknown fields: licence"),
      ("\"samples\"", "\"size\"", "splits: has unknown fields"),
      ("\"folders\":", "\"order\":", "layout: has unknown fields"),
      ("\"classes\": 2", "\"classes\": 1", "fewer than 2"),
      ("\"classes\": 2", "\"classes\": \"2\"", "the field classes has the wrong type"),
      ("\"names\"", "\"numbers\"", "need a class_file"), ("\"title\": \"One\",", "", "lacks the field title"),
      ("\"path\": \"test\"", "\"path\": \"../test\"", "does not lie beneath"), ("\"one\"", "\"One\"", "lower-case"),
      ("\"accuracy\"", "\"recall\"", "recall is the metric of retrieval"), ("https:", "ftp:", "url"),
      ("\"class-folders\", \"folders\": \"names\"", "\"table\"", "layout needs columns"),
    ])
  func mistakes(old: String, new: String, wanted: String) throws {
    #expect(try read(Self.one).entries.count == 1)
    let changed = Self.one.replacingOccurrences(of: old, with: new)
    try #require(changed != Self.one)
    let error = #expect(throws: DatasetError.self) { try read(changed) }
    #expect(error?.description.contains(wanted) == true, "\(error?.description ?? "")")
  }

  @Test("a name twice, and what is no list, are refused")
  func lists() throws {
    let error = #expect(throws: DatasetError.self) { try read(Self.one, Self.one) }
    #expect(error?.description == "f.json: has two data sets named one; name one otherwise")
    for text in ["", "[]", "{}", "{\"datasets\": 1}", "{\"datasets\": [], \"more\": 1}"] {
      #expect(throws: DatasetError.self) { try DatasetRegistry(json: Array(text.utf8), place: "f.json") }
    }
  }
}
