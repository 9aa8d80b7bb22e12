import ArgumentParser

/// The measures of zero-shot classification, as the paper's table of data sets names them.
enum ZeroShotMetric: String, CaseIterable, ExpressibleByArgument {
  case accuracy
  case meanPerClass = "mean-per-class"
  /// VOC 2007's mean average precision.
  case map11
  case rocAUC = "roc-auc"
  /// The mean of top-1 and top-5 accuracy.
  case top1Top5 = "top1-top5"

  /// Whether it ranks pictures, which may be of several classes, rather than labels.
  var ranksPictures: Bool { self == .map11 || self == .rocAUC }
}
