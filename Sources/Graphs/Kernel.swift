import Tensors

/// One use of an operator with everything concrete: what `bind` sees at planning time.
public struct CallSite: Sendable {
  public struct Slot: Sendable {
    public var scalar: ScalarType
    public var sizes: [Int]
    /// Elements of an integer tensor that are known at planning time.
    public var contents: [Int]?
    /// Numbers that no run changes (weights), for packing and for constants that shape the kernel.
    public var constant: NDArray?

    public init(scalar: ScalarType, sizes: [Int], contents: [Int]? = nil, constant: NDArray? = nil) {
      self.scalar = scalar
      self.sizes = sizes
      self.contents = contents
      self.constant = constant
    }

    public var count: Int { sizes.reduce(1, *) }
    public var byteCount: Int { count * scalar.size }
    public var rank: Int { sizes.count }
  }

  public var inputs: [Slot?]
  public var outputs: [Slot?]
  /// The most threads a kernel may find itself running on: scratch is sized by it, results never depend on it.
  public var threads: Int
  /// Whether kernels may ask for their weights in another layout (`Kernel.packings`).
  public var packsWeights = false
  /// Whether kernels that can do as well with their weights as they lie leave them there: for a run that may be the only one.
  public var defersPacking = false

  public init(inputs: [Slot?], outputs: [Slot?], threads: Int) {
    self.inputs = inputs
    self.outputs = outputs
    self.threads = threads
  }

  public func has(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  public func input(_ index: Int) -> Slot {
    guard index < inputs.count, let slot = inputs[index] else { preconditionFailure("input \(index) is absent") }
    return slot
  }

  public func output(_ index: Int = 0) -> Slot {
    guard index < outputs.count, let slot = outputs[index] else { preconditionFailure("output \(index) is absent") }
    return slot
  }
}

/// Pointers of one step while it runs: inputs, outputs, scratch. Absent ones are nil.
public struct Buffers {
  let table: UnsafePointer<UnsafeMutableRawPointer?>
  let inputCount: Int
  public let scratch: UnsafeMutableRawPointer?

  /// `table` holds the inputs' pointers, then the outputs'.
  public init(table: UnsafePointer<UnsafeMutableRawPointer?>, inputCount: Int, scratch: UnsafeMutableRawPointer?) {
    self.table = table
    self.inputCount = inputCount
    self.scratch = scratch
  }

  public func input<T>(_ index: Int, as type: T.Type = T.self) -> UnsafePointer<T>? {
    index < inputCount ? UnsafePointer(table[index]?.assumingMemoryBound(to: T.self)) : nil
  }

  public func output<T>(_ index: Int = 0, as type: T.Type = T.self) -> UnsafeMutablePointer<T>? {
    table[inputCount + index]?.assumingMemoryBound(to: T.self)
  }

  public func rawInput(_ index: Int) -> UnsafeRawPointer? { index < inputCount ? UnsafeRawPointer(table[index]) : nil }
  public func rawOutput(_ index: Int = 0) -> UnsafeMutableRawPointer? { table[inputCount + index] }
}

/// A bound operator: what the executor runs, and what the planner must know of it.
public struct Kernel: Sendable {
  /// Output `output` may lie in the memory of input `input` when nobody reads that input afterwards. The two have equal size.
  public struct InPlace: Hashable, Sendable {
    public var output: Int
    public var input: Int
    public init(output: Int = 0, input: Int) {
      self.output = output
      self.input = input
    }
  }

  /// Name of the C function, for profiles.
  public var name: String
  public var flops: Int
  /// How many times as long an operation may take as in a product of float32 matrices: what computing constants pays.
  public var effort = 16
  /// Bytes read and written.
  public var bytes: Int
  /// Bytes of scratch memory, aligned to 64.
  public var scratch: Int
  public var inPlace: [InPlace]
  /// Constants that the kernel wants in a layout of its own.
  public var packings: [WeightPacking] = []
  /// Constants, by their positions, that are read wherever they lie, aligned to their elements or not.
  public var anyAddress: [Int] = []
  /// Set when output 0 *is* input `viewOf`, seen under another shape: nothing runs.
  public var viewOf: Int?
  /// Looks at integer or Boolean inputs and says what is wrong with them, if anything: an index out of range. It may run as
  /// soon as those inputs exist, long before the kernel itself, so that an error leaves every state untouched.
  public var check: (@Sendable (Buffers) -> String?)?
  public var run: @Sendable (Buffers) -> Void

  public init(
    _ name: String, flops: Int = 0, bytes: Int = 0, scratch: Int = 0, inPlace: [InPlace] = [],
    check: (@Sendable (Buffers) -> String?)? = nil, run: @escaping @Sendable (Buffers) -> Void
  ) {
    self.name = name
    self.flops = flops
    self.bytes = bytes
    self.scratch = scratch
    self.inPlace = inPlace
    self.check = check
    self.run = run
  }

  /// Output 0 is input `input` under another shape.
  public static func view(of input: Int) -> Kernel {
    var kernel = Kernel("view") { _ in }
    kernel.viewOf = input
    return kernel
  }
}
