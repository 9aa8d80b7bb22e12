/// How good an answer is, as the measures of the standard sets are defined.
public enum DatasetMetric: String, Codable, CaseIterable, Hashable, Sendable {
  /// The share of the pictures whose class is the best scored one.
  case accuracy
  /// The mean over the classes of the accuracy on each.
  case meanPerClass = "mean-per-class"
  /// VOC 2007's average precision at eleven recalls, the mean over the classes; pictures may have several.
  case elevenPointMeanAveragePrecision = "map11"
  /// The area under the ROC curve of two classes; the second is the positive one.
  case areaUnderROC = "roc-auc"
  /// The mean of top-1 and top-5 accuracy.
  case meanOfTop1AndTop5 = "top1-top5"
  /// Recall at 1, 5 and 10, from pictures to captions and back.
  case recall

  /// As the paper's Table 9 calls it (Radford et al. 2021).
  public var title: String {
    switch self {
    case .accuracy: "accuracy"
    case .meanPerClass: "mean per class"
    case .elevenPointMeanAveragePrecision: "11-point mAP"
    case .areaUnderROC: "ROC AUC"
    case .meanOfTop1AndTop5: "mean(top1, top5)"
    case .recall: "recall at 1, 5, 10"
    }
  }
}
