import Tensors

/// Where the weights of a file lie: inside, or one after the other in a data file beside it.
///
/// Large tensors start on a page. All tensors of zeros, as a fresh optimiser's moments, share one region at the end
/// that is never written: a hole on disk.
struct WeightLayout {
  /// Tensors below this many bytes stay in the file: shapes and scalars, which readers want to see at once.
  static let smallest = 1024
  static let pageAlignment = 4096
  static let pageFrom = 64 << 10
  static let alignment = 64

  let location: String
  private(set) var pieces: [(array: NDArray, offset: Int)] = []
  private(set) var byteCount = 0
  private var zeros: [(graph: WritableKeyPath<WireModel, WireGraph?>, index: Int, length: Int)] = []
  private var known: [Region: Int] = [:]

  /// A tensor that two graphs hold is stored once.
  private struct Region: Hashable {
    var address: UnsafeMutableRawPointer
    var length: Int
  }

  private init(location: String) { self.location = location }

  /// Bytes of all initializers.
  static func weightBytes(of model: WireModel) -> Int {
    graphs(of: model).reduce(0) { sum, path in
      (model[keyPath: path]?.initializers ?? []).reduce(sum) { $0 + $1.array.byteCount }
    }
  }

  /// Moves the weights of `model` out of the file.
  static func externalise(_ model: inout WireModel, location: String) -> WeightLayout {
    var layout = WeightLayout(location: location)
    for path in graphs(of: model) {
      guard var graph = model[keyPath: path] else { continue }
      for index in graph.initializers.indices {
        let array = graph.initializers[index].array
        guard array.byteCount >= smallest else { continue }
        if array.isZero {
          layout.zeros.append((path, index, array.byteCount))
        } else {
          let offset = layout.place(array)
          graph.initializers[index].external = ExternalPlace(
            location: location, offset: offset, length: array.byteCount)
        }
      }
      model[keyPath: path] = graph
    }
    layout.placeZeros(&model)
    return layout
  }

  private mutating func place(_ array: NDArray) -> Int {
    let region = Region(address: array.address, length: array.byteCount)
    if let offset = known[region] { return offset }
    let offset = aligned(for: array.byteCount)
    pieces.append((array, offset))
    byteCount = offset + array.byteCount
    known[region] = offset
    return offset
  }

  private mutating func placeZeros(_ model: inout WireModel) {
    guard let longest = zeros.map(\.length).max() else { return }
    let offset = aligned(for: longest)
    for zero in zeros {
      model[keyPath: zero.graph]?.initializers[zero.index].external =
        ExternalPlace(location: location, offset: offset, length: zero.length)
    }
    byteCount = offset + longest
  }

  private func aligned(for length: Int) -> Int {
    let step = length >= WeightLayout.pageFrom ? WeightLayout.pageAlignment : WeightLayout.alignment
    return (byteCount + step - 1) / step * step
  }

  private static func graphs(of model: WireModel) -> [WritableKeyPath<WireModel, WireGraph?>] {
    var paths: [WritableKeyPath<WireModel, WireGraph?>] = [\.graph]
    for index in model.training.indices {
      paths.append(\.training[index].algorithm)
      paths.append(\.training[index].initialization)
    }
    return paths
  }
}

extension NDArray {
  /// Whether all bytes are zero.
  var isZero: Bool {
    withUnsafeBytes { bytes in
      let words = bytes.count / 8
      for word in 0..<words where bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) != 0 { return false }
      return bytes[(words * 8)...].allSatisfy { $0 == 0 }
    }
  }
}
