import ClipGraph

/// What `clipgraph bench` found.
struct BenchReport: Encodable {
  var tower: String
  var batch: Int
  /// Most tokens of a caption, where the batches are noise.
  var tokens: Int?
  var rounds: Int
  var medianMilliseconds: Double
  var p95Milliseconds: Double
  var itemsPerSecond: Double
  var gflops: Double
  var peakBytes: Int
  /// From the file to the first result.
  var startMilliseconds: Double
  /// Planning for one item more.
  var planMilliseconds: Double?
  var limits: Roofline
  var profile: [OperatorShare]?
  var assumptions: [Assumption]?

  enum CodingKeys: String, CodingKey {
    case tower, batch, tokens, rounds, gflops, limits, profile, assumptions
    case medianMilliseconds = "median_ms"
    case p95Milliseconds = "p95_ms"
    case itemsPerSecond = "items_per_s"
    case peakBytes = "peak_bytes"
    case startMilliseconds = "start_ms"
    case planMilliseconds = "plan_ms"
  }

  /// Lines for readers.
  var lines: [String] {
    func decimal(_ number: Double, _ places: Int = 1) -> String { Quantity.decimal(number, places) }
    var lines = [
      "\(tower), batch \(batch)\(tokens.map { ", \($0) tokens" } ?? ""): median \(decimal(medianMilliseconds, 2)) ms, "
        + "p95 \(decimal(p95Milliseconds, 2)) ms, \(decimal(itemsPerSecond)) items/s, \(decimal(gflops)) GFLOP/s, "
        + "peak memory \(Quantity.bytes(peakBytes))",
      "  first result after \(decimal(startMilliseconds)) ms"
        + (planMilliseconds.map { ", another batch size planned in \(decimal($0, 2)) ms" } ?? ""),
      "  limit of multiply-adds \(decimal(limits.gflopsOfOne)) GFLOP/s on one thread, \(decimal(limits.gflops)) on "
        + "\(limits.threads); of reading memory \(decimal(limits.gigabytes)) GB/s",
    ]
    guard let profile else { return lines }
    var table = TextTable([.left, .right, .right, .right, .right, .right, .right])
    table.add("  operator", "calls", "ms", "share", "GFLOP/s", "GB/s", "of roofline")
    let total = profile.reduce(0) { $0 + $1.milliseconds }
    for share in profile {
      table.add(
        "  " + share.name, decimal(share.calls), decimal(share.milliseconds, 3),
        "\(decimal(total > 0 ? 100 * share.milliseconds / total : 0)) %", decimal(share.gflops),
        decimal(share.gigabytes), "\(decimal(100 * share.roofline)) %")
    }
    lines += table.lines
    return lines
  }
}
