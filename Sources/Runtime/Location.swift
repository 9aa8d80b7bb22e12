/// Where a value lies while a program runs.
public enum Location: Hashable, Sendable {
  /// In the arena, at a byte offset.
  case arena(Int)
  /// In the memory that the caller gives for input number n of the program.
  case input(Int)
  /// In the memory that the caller gives for output number n of the program.
  case output(Int)
  /// In state number n of the program.
  case state(Int)
  /// In constant number n of the program.
  case constant(Int)
}

extension Location: CustomStringConvertible {
  public var description: String {
    switch self {
    case .arena(let offset): "arena+\(offset)"
    case .input(let index): "input \(index)"
    case .output(let index): "output \(index)"
    case .state(let index): "state \(index)"
    case .constant(let index): "constant \(index)"
    }
  }
}
