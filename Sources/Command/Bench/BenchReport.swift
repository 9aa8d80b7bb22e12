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
  var callers: CallersReport?
  var limits: Roofline
  var profile: [OperatorShare]?
  var assumptions: [Assumption]?

  enum CodingKeys: String, CodingKey {
    case tower, batch, tokens, rounds, gflops, callers, limits, profile, assumptions
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
    let lines = [
      "\(tower), batch \(batch)\(tokens.map { ", \($0) tokens" } ?? ""): median \(decimal(medianMilliseconds, 2)) ms, "
        + "p95 \(decimal(p95Milliseconds, 2)) ms, \(decimal(itemsPerSecond)) items/s, \(decimal(gflops)) GFLOP/s, "
        + "peak memory \(Quantity.bytes(peakBytes))",
      "  first result after \(decimal(startMilliseconds)) ms"
        + (planMilliseconds.map { ", another batch size planned in \(decimal($0, 2)) ms" } ?? ""),
    ]
    return lines + (callers?.lines ?? []) + [limits.line] + (profile.map { OperatorShare.table($0) } ?? [])
  }
}
