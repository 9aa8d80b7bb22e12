import ArgumentParser
import Datasets

/// The measures of classification.
extension DatasetMetric: ExpressibleByArgument {
  public init?(argument: String) {
    guard let metric = DatasetMetric(rawValue: argument), metric != .recall else { return nil }
    self = metric
  }

  public static var allValueStrings: [String] { allCases.filter { $0 != .recall }.map(\.rawValue) }

  /// Whether it ranks pictures, which may be of several classes, rather than labels.
  var ranksPictures: Bool { self == .elevenPointMeanAveragePrecision || self == .areaUnderROC }
}
