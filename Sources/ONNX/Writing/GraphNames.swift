import Tensors

/// What the graphs of one file share while they are written: the names of values, and the weights that branches and bodies
/// leave to the graph around all of them.
final class GraphNames {
  private var used: Set<String>
  private var weights: [WireTensor] = []
  private var known: [Region: String] = [:]

  private struct Region: Hashable {
    var address: UnsafeMutableRawPointer
    var type: TensorType
  }

  init(_ used: Set<String>) { self.used = used }

  func reserve(_ name: String) { used.insert(name) }

  /// A value name that nothing bears yet.
  func fresh(_ wanted: String) -> String {
    var (candidate, counter) = (wanted, 1)
    while !used.insert(candidate).inserted {
      counter += 1
      candidate = "\(wanted)_\(counter)"
    }
    return candidate
  }

  /// Keeps a weight for the graph around all; gives the name that it has there.
  func lift(_ array: NDArray, named name: String) -> String {
    let region = Region(address: array.address, type: array.type)
    if let name = known[region] { return name }
    known[region] = name
    weights.append(WireTensor(name: name, array: array))
    return name
  }

  /// The weights that have been kept since the last time.
  func liftedWeights() -> [WireTensor] {
    defer { weights = [] }
    return weights
  }
}
