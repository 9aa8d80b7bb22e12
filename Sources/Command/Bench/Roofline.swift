import Operators
import Runtime

/// What the machine can do at most, measured.
struct Roofline: Encodable {
  let threads: Int
  /// 10⁹ multiplications and additions a second, on one thread and on all.
  let gflopsOfOne: Double
  let gflops: Double
  /// 10⁹ bytes a second read from memory, on all threads.
  let gigabytes: Double

  init(threads: Int) {
    self.threads = threads
    gflopsOfOne = Threads.multiplyAddLimit(on: 1)
    gflops = Threads.multiplyAddLimit(on: threads)
    gigabytes = Threads.readLimit(on: threads)
  }

  /// The least time that this work takes, in milliseconds.
  func milliseconds(flops: Int, bytes: Int) -> Double {
    max(Double(flops) / max(gflops, 1e-9), Double(bytes) / max(gigabytes, 1e-9)) / 1e6
  }

  var line: String {
    "  limit of multiply-adds \(Quantity.decimal(gflopsOfOne, 1)) GFLOP/s on one thread, "
      + "\(Quantity.decimal(gflops, 1)) on \(threads); of reading memory \(Quantity.decimal(gigabytes, 1)) GB/s"
  }

  enum CodingKeys: String, CodingKey {
    case threads, gflops
    case gflopsOfOne = "gflops_one_thread"
    case gigabytes = "read_gb_per_s"
  }
}

/// One operator's part of a run.
struct OperatorShare: Encodable {
  let name: String
  /// Calls and milliseconds of one run.
  let calls: Double
  let milliseconds: Double
  let gflops: Double
  let gigabytes: Double
  /// The least time that the work takes, over the time that it took. Operands that stay in the cache bring it above 1.
  let roofline: Double

  enum CodingKeys: String, CodingKey {
    case calls, gflops, roofline
    case name = "operator"
    case milliseconds = "ms"
    case gigabytes = "gb_per_s"
  }

  /// The slowest first.
  static func shares(_ profile: Profile, _ limits: Roofline) -> [OperatorShare] {
    let runs = Double(max(profile.runs, 1))
    let groups = Dictionary(grouping: profile.nodes) { $0.operatorName.isEmpty ? $0.kernel : $0.operatorName }
    return groups.map { name, entries in
      let time = entries.reduce(0) { $0 + $1.milliseconds }
      let least = entries.reduce(0) { $0 + limits.milliseconds(flops: $1.flops, bytes: $1.bytes) }
      let flops = entries.reduce(0.0) { $0 + Double($1.flops) }
      let bytes = entries.reduce(0.0) { $0 + Double($1.bytes) }
      let rate = time > 0 ? 1 / time / 1e6 : 0
      return OperatorShare(
        name: name, calls: Double(entries.reduce(0) { $0 + $1.calls }) / runs, milliseconds: time / runs,
        gflops: flops * rate, gigabytes: bytes * rate, roofline: time > 0 ? least / time : 0)
    }.sorted { ($1.milliseconds, $0.name) < ($0.milliseconds, $1.name) }
  }

  /// Lines of a table for readers.
  static func table(_ shares: [OperatorShare]) -> [String] {
    func decimal(_ number: Double, _ places: Int = 1) -> String { Quantity.decimal(number, places) }
    var table = TextTable([.left, .right, .right, .right, .right, .right, .right])
    table.add("  operator", "calls", "ms", "share", "GFLOP/s", "GB/s", "of roofline")
    let total = shares.reduce(0) { $0 + $1.milliseconds }
    for share in shares {
      table.add(
        "  " + share.name, decimal(share.calls), decimal(share.milliseconds, 3),
        "\(decimal(total > 0 ? 100 * share.milliseconds / total : 0)) %", decimal(share.gflops),
        decimal(share.gigabytes), "\(decimal(100 * share.roofline)) %")
    }
    return table.lines
  }
}
