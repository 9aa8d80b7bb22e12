import Tensors

/// Reads a pickle without running anything: it knows the names in `PickleGlobal`'s table and nothing else, and does work in
/// proportion to the pickle's length.
///
/// Source: CPython, Lib/pickletools.py; PyTorch, torch/_weights_only_unpickler.py.
struct PickleMachine {
  private(set) var heap = PickleHeap()
  private let bytes: UnsafeRawBufferPointer
  /// Names the pickle in errors.
  private let place: (path: String, name: String)
  private var position = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// Elements that calls copied from lists.
  private var copied = 0

  static let mostInstructions = 1 << 22
  private static let mostCopied = 1 << 22
  private static let mostAxes = 64

  /// What the pickle holds, and everything that it refers to.
  ///
  /// - Throws: `FileError` for names that are not known, which it gives, for what is cut off or malformed, and for more than any
  ///   checkpoint needs.
  static func read(
    _ bytes: UnsafeRawBufferPointer, path: String, name: String
  ) throws(FileError) -> (value: PickleValue, heap: PickleHeap) {
    var machine = PickleMachine(bytes, path, name)
    let value = try machine.run()
    return (value, machine.heap)
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ path: String, _ name: String) {
    (self.bytes, place) = (bytes, (path, name))
  }

  private func failure(_ message: String) -> FileError {
    FileError(path: place.path, message: "\(place.name), byte \(position): \(message)")
  }

  private mutating func run() throws(FileError) -> PickleValue {
    for _ in 0..<PickleMachine.mostInstructions {
      let code = try integer(UInt8.self)
      if code == 0x2E { return try pop() }
      try execute(code)
    }
    throw failure("has more than \(PickleMachine.mostInstructions) instructions, more than any checkpoint needs")
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(FileError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else { throw failure("the pickle is cut off") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  private mutating func integer<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) throws(FileError) -> Int {
    let raw = try take(MemoryLayout<Bits>.size)
    return Int(exactly: Bits(littleEndian: raw.loadUnaligned(as: Bits.self))) ?? .max
  }

  private mutating func line() throws(FileError) -> String {
    let rest = bytes[position...].prefix(4096)
    guard let end = rest.firstIndex(of: 0x0A) else { throw failure("a name has no end") }
    let text = String(validating: bytes[position..<end], as: UTF8.self)
    guard let text else { throw failure("a name is no text") }
    position = end + 1
    return text
  }

  private mutating func text(_ count: Int) throws(FileError) -> PickleValue {
    String(validating: try take(count), as: UTF8.self).map(PickleValue.text) ?? .opaque
  }

  /// A whole number in two's complement, of any length.
  private mutating func long(_ count: Int) throws(FileError) -> PickleValue {
    let raw = try take(count)
    guard raw.count <= 8 else { return .opaque }
    let sign: UInt64 = (raw.last ?? 0) & 0x80 == 0 ? 0 : .max
    let value = raw.reversed().reduce(sign) { $0 << 8 | UInt64($1) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  // MARK: Stack

  private mutating func pop() throws(FileError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw failure("the stack is empty") }
    return value
  }

  private mutating func pop(_ count: Int) throws(FileError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw failure("the stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(FileError) -> [PickleValue] {
    guard let mark = marks.last else { throw failure("a mark is missing") }
    defer { marks.removeLast() }
    return try pop(stack.count - mark)
  }

  private mutating func top() throws(FileError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw failure("the stack is empty") }
    return value
  }

  private mutating func recall(_ index: Int) throws(FileError) {
    guard let value = memo[index] else { throw failure("refers to the value \(index), which is not there") }
    stack.append(value)
  }

  // MARK: Instructions

  private mutating func execute(_ code: Int) throws(FileError) {
    switch UInt8(truncatingIfNeeded: code) {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case 0x80:
      let version = try integer(UInt8.self)
      guard (2...5).contains(version) else { throw failure("pickle protocol \(version) is not one of 2 to 5") }
    case 0x95: _ = try take(8)

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "K"): stack.append(.integer(try integer(UInt8.self)))
    case UInt8(ascii: "M"): stack.append(.integer(try integer(UInt16.self)))
    case UInt8(ascii: "J"): stack.append(.integer(try integer(Int32.self)))
    case 0x8A: stack.append(try long(try integer(UInt8.self)))
    case 0x8B: stack.append(try long(try integer(Int32.self)))
    case UInt8(ascii: "G"):
      _ = try take(8)
      stack.append(.opaque)
    // Texts, and bytes, which Python 2 took for texts.
    case UInt8(ascii: "X"): stack.append(try text(try integer(UInt32.self)))
    case 0x8C, UInt8(ascii: "U"): stack.append(try text(try integer(UInt8.self)))
    case 0x8D: stack.append(try text(try integer(UInt64.self)))
    case UInt8(ascii: "T"): stack.append(try text(try integer(Int32.self)))
    case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96:
      let count =
        switch code {
        case 0x43: try integer(UInt8.self)
        case 0x42: try integer(UInt32.self)
        default: try integer(UInt64.self)
        }
      _ = try take(count)
      stack.append(.opaque)

    case UInt8(ascii: ")"), UInt8(ascii: "]"), 0x8F: stack.append(heap.sequence())
    case UInt8(ascii: "}"): stack.append(heap.mapping())
    case 0x85, 0x86, 0x87: stack.append(heap.sequence(try pop(code - 0x84)))
    case UInt8(ascii: "t"), UInt8(ascii: "l"), 0x91: stack.append(heap.sequence(try popMark()))
    case UInt8(ascii: "d"):
      let items = try popMark()
      stack.append(heap.mapping())
      try insert(items)
    case UInt8(ascii: "a"): try extend(try pop(1))
    case UInt8(ascii: "e"), 0x90: try extend(try popMark())
    case UInt8(ascii: "s"): try insert(try pop(2))
    case UInt8(ascii: "u"): try insert(try popMark())

    case UInt8(ascii: "h"): try recall(try integer(UInt8.self))
    case UInt8(ascii: "j"): try recall(try integer(UInt32.self))
    case UInt8(ascii: "q"): memo[try integer(UInt8.self)] = try top()
    case UInt8(ascii: "r"): memo[try integer(UInt32.self)] = try top()
    case 0x94: memo[memo.count] = try top()

    case UInt8(ascii: "c"):
      let module = try line()
      stack.append(try global(module, try line()))
    case 0x93:
      let names = try pop(2)
      guard let module = names[0].text, let name = names[1].text else { throw failure("a global has no name") }
      stack.append(try global(module, name))
    case UInt8(ascii: "R"), 0x81:
      let operands = try pop(2)
      stack.append(try call(operands[0], operands[1]))
    case 0x92:
      let operands = try pop(3)
      stack.append(try call(operands[0], operands[1]))
    case UInt8(ascii: "b"):
      let state = try pop()
      try build(try top(), state)
    case UInt8(ascii: "Q"): stack.append(try storage(try pop()))
    default:
      throw failure(
        "has the instruction 0x\(String(code, radix: 16)), which torch.save does not write; save it with a current PyTorch"
      )
    }
  }

  private mutating func extend(_ items: [PickleValue]) throws(FileError) {
    switch try top() {
    case .sequence(let place): heap.sequences[place] += items
    case .opaque: break
    case let other: throw failure("appends to \(other.kind), which is no list")
    }
  }

  private mutating func insert(_ items: [PickleValue]) throws(FileError) {
    guard items.count % 2 == 0 else { throw failure("a key has no value") }
    switch try top() {
    case .mapping(let place):
      for key in stride(from: 0, to: items.count, by: 2) {
        heap.mappings[place].append((items[key], items[key + 1]))
      }
    case .opaque: break
    case let other: throw failure("sets items of \(other.kind), which is no dictionary")
    }
  }

  private func global(_ module: String, _ name: String) throws(FileError) -> PickleValue {
    let full = "\(module).\(name)"
    if let global = PickleGlobal(full) { return .global(global) }
    throw failure(
      "calls for \(full.prefix(200)), which has no part in weights and is not run; where the file is trusted, load it with PyTorch and "
        + "save the weights alone: torch.save(model.state_dict(), \"weights.pt\")")
  }

  // MARK: Calls

  private mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(FileError) -> PickleValue {
    var (function, arguments) = (function, arguments)
    // A subclass of tensors names the function that rebuilds it.
    if case .global(let global) = function, global.meaning == .fromType, let inner = heap.items(arguments),
      inner.count >= 3
    {
      (function, arguments) = (inner[0], inner[2])
    }
    guard case .global(let global) = function else { throw failure("calls \(function.kind)") }
    guard let items = heap.items(arguments) else { throw failure("calls \(global.name) with \(arguments.kind)") }
    switch global.meaning {
    case .mapping: return try mapping(items)
    case .sequence:
      if let first = items.first, case .sequence = first { return first }
      return heap.sequence()
    case .tensor(let hasType): return try tensor(items, hasType: hasType)
    case .parameter:
      guard let first = items.first, case .tensor = first else { throw failure("\(global.name) is given no tensor") }
      return first
    case .script:
      heap.objects.append(nil)
      return .object(heap.objects.count - 1)
    case .harmless: return .opaque
    case .fromType, .storage, .untypedStorage, .scalar: throw failure("calls \(global.name)")
    }
  }

  /// A dictionary, empty or from a list of pairs.
  private mutating func mapping(_ items: [PickleValue]) throws(FileError) -> PickleValue {
    let result = heap.mapping()
    guard case .mapping(let place) = result, let pairs = items.first.flatMap(heap.items) else { return result }
    copied += pairs.count
    guard copied <= PickleMachine.mostCopied else { throw failure("copies lists more often than any checkpoint needs") }
    for pair in pairs {
      guard let pair = heap.items(pair), pair.count == 2 else { throw failure("a dictionary is made of no pairs") }
      heap.mappings[place].append((pair[0], pair[1]))
    }
    return result
  }

  private mutating func tensor(_ items: [PickleValue], hasType: Bool) throws(FileError) -> PickleValue {
    guard items.count >= (hasType ? 7 : 4), case .storage(let storage) = items[0], let offset = items[1].integer,
      let sizes = integers(items[2]), let strides = integers(items[3])
    else { throw failure("a tensor is not described by a storage, an offset, sizes and strides") }
    var (scalar, typeName) = (heap.storages[storage].scalar, heap.storages[storage].typeName)
    if hasType {
      guard case .global(let type) = items[6], case .scalar(let named) = type.meaning else {
        throw failure("a tensor lacks its type")
      }
      (scalar, typeName) = (named, type.name)
    }
    heap.tensors.append(
      .init(storage: storage, offset: offset, sizes: sizes, strides: strides, scalar: scalar, typeName: typeName))
    return .tensor(heap.tensors.count - 1)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let items = heap.items(value), items.count <= PickleMachine.mostAxes else { return nil }
    let numbers = items.compactMap(\.integer)
    return numbers.count == items.count ? numbers : nil
  }

  private mutating func build(_ target: PickleValue, _ state: PickleValue) throws(FileError) {
    switch target {
    case .object(let place):
      if case .mapping(let attributes) = state { heap.objects[place] = attributes }
    // Attributes beside the items, as `_metadata` of a state_dict.
    case .mapping, .opaque, .tensor: break
    default: throw failure("sets the state of \(target.kind)")
    }
  }

  /// `('storage', type, key, location, count)`.
  private mutating func storage(_ identifier: PickleValue) throws(FileError) -> PickleValue {
    guard let items = heap.items(identifier), items.count >= 5, items[0].text == "storage",
      case .global(let type) = items[1], let key = items[2].text, let count = items[4].integer
    else { throw failure("a persistent identifier is not that of a storage") }
    var scalar: ScalarType?
    switch type.meaning {
    case .storage(let known): scalar = known
    case .untypedStorage: scalar = .uint8
    default: throw failure("a storage has the type \(type.name)")
    }
    guard count >= 0 else { throw failure("the storage \(key) has \(count) elements") }
    heap.storages.append(.init(key: key, typeName: type.name, scalar: scalar, count: count))
    return .storage(heap.storages.count - 1)
  }
}
