import Tensors

/// What a pickle speaks of. Collections lie in a `PickleHeap` and are named by their place there, so that no nesting, however
/// deep or circular, makes values that own each other.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case text(String)
  /// A tuple, a list or a set.
  case sequence(Int)
  case mapping(Int)
  case global(PickleGlobal)
  /// An instance of a class of a TorchScript archive.
  case object(Int)
  case storage(Int)
  case tensor(Int)
  /// What has no part in weights: a date, a random state, a NumPy number.
  case opaque
}

extension PickleValue {
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }

  /// For errors.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean, .integer: "a number"
    case .text: "a text"
    case .sequence: "a list"
    case .mapping: "a dictionary"
    case .global(let global): global.name
    case .object: "a TorchScript object"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .opaque: "another object"
    }
  }
}

/// The collections and tensors of a pickle.
struct PickleHeap {
  /// Raw numbers in an entry of the archive.
  struct Storage {
    var key: String
    /// PyTorch's name of the type.
    var typeName: String
    /// nil for a type that no weights have.
    var scalar: ScalarType?
    /// Number of elements.
    var count: Int
  }

  /// As the pickle gives it, unchecked.
  struct Tensor {
    var storage: Int
    var offset: Int
    var sizes: [Int]
    var strides: [Int]
    /// nil for a type that no weights have.
    var scalar: ScalarType?
    /// PyTorch's name of the type.
    var typeName: String
  }

  var sequences: [[PickleValue]] = []
  var mappings: [[(key: PickleValue, value: PickleValue)]] = []
  /// Attributes by name, once they are known: places in `mappings`.
  var objects: [Int?] = []
  var storages: [Storage] = []
  var tensors: [Tensor] = []

  mutating func sequence(_ items: [PickleValue] = []) -> PickleValue {
    sequences.append(items)
    return .sequence(sequences.count - 1)
  }

  mutating func mapping() -> PickleValue {
    mappings.append([])
    return .mapping(mappings.count - 1)
  }

  func items(_ value: PickleValue) -> [PickleValue]? {
    if case .sequence(let place) = value { sequences[place] } else { nil }
  }

  /// The pairs of a dictionary whose keys are text; of equal keys the last one counts, at the place of the first.
  func entries(_ value: PickleValue) -> [(name: String, value: PickleValue)]? {
    guard case .mapping(let place) = value else { return nil }
    var positions: [String: Int] = [:]
    var result: [(name: String, value: PickleValue)] = []
    for (key, value) in mappings[place] {
      guard let name = key.text else { continue }
      if let known = positions[name] {
        result[known].value = value
      } else {
        positions[name] = result.count
        result.append((name, value))
      }
    }
    return result
  }
}
