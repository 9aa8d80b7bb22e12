import ArgumentParser
import ClipGraph

/// Where features are kept.
struct CacheOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A folder for the features of pictures and labels: the next run with the same model and pictures, or this one after it \
      was cut off, encodes only what is not there. Safe to delete.
      """, valueName: "folder"))
  var cache: String?

  func features() throws -> FeatureCache? { try cache.map { try FeatureCache($0) } }
}
