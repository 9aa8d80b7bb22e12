/// How the pads of a window are found. Raw values are ONNX's `auto_pad`.
public enum AutoPadding: String, Hashable, Sendable, CaseIterable {
  /// As given.
  case explicit = "NOTSET"
  case none = "VALID"
  /// So that the result has ⌈extent / stride⌉ elements; an odd pad goes to the end.
  case sameUpper = "SAME_UPPER"
  /// The same, but an odd pad goes to the beginning.
  case sameLower = "SAME_LOWER"

  /// What of `total` comes before, and what after.
  func parts(_ total: Int) -> (before: Int, after: Int) {
    let small = total / 2
    return self == .sameLower ? (total - small, small) : (small, total - small)
  }
}
