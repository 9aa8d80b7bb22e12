import Foundation

/// Numbers as people read them.
enum Quantity {
  /// `0:42`, `12:03`, `3:04:05`.
  static func duration(_ seconds: Double) -> String {
    let total = seconds.isFinite && seconds < 1e9 ? Int(max(0, seconds).rounded()) : 0
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// `12.3 MB` (powers of 1000); exact below 1000.
  static func bytes(_ count: Int) -> String { scaled(Double(count), "B") }

  /// `4.41 GFLOP`.
  static func flops(_ count: Int) -> String { scaled(Double(count), "FLOP") }

  /// `151,277,313`.
  static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  static func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

  /// Three significant digits: `0.000488`.
  static func significant(_ value: Double) -> String { String(format: "%.3g", value) }

  static func percent(_ share: Double) -> String { decimal(share * 100, 1) + " %" }

  private static func scaled(_ value: Double, _ unit: String) -> String {
    var (value, prefix) = (value, "")
    for next in ["k", "M", "G", "T", "P"] where value.magnitude >= 999.5 { (value, prefix) = (value / 1000, next) }
    return prefix.isEmpty ? "\(Int(value)) \(unit)" : String(format: "%.3g \(prefix)\(unit)", value)
  }
}
