import Graphs
import Tensors

/// A graph specialised to concrete dimensions: bound kernels in order, and a place in memory for every value.
///
/// A program holds no memory but its constants, so that one can be run by many frames.
public struct Program: Sendable {
  /// A tensor that enters, leaves or outlives a run.
  public struct Port: Hashable, Sendable {
    public let name: String
    public let scalar: ScalarType
    public let sizes: [Int]
    public let byteCount: Int
  }

  /// One node. Steps whose kernel is a view run nothing.
  public struct Step: Sendable {
    public let name: String
    public let operatorName: String
    public let kernel: Kernel
    /// nil where an optional operand is absent.
    public let inputs: [Location?]
    public let outputs: [Location?]
    public let scratch: Location?
  }

  /// What happens in a run, in order.
  enum Action: Hashable, Sendable {
    case check(step: Int)
    case run(step: Int)
    case copy(from: Location, to: Location, byteCount: Int)
  }

  /// Inputs whose numbers are read. An input that only gives its shape is not among them.
  public let inputs: [Port]
  public let outputs: [Port]
  /// States that are read or written, by the names of their initializers.
  public let states: [Port]
  /// Indices into `states` of those that a run changes.
  public let writtenStates: [Int]
  /// Indices into `states` of those that are written where they lie, without a copy.
  public let statesInPlace: [Int]
  public let steps: [Step]
  public let memory: MemoryPlan
  let constants: [NDArray]
  /// The states' numbers before the first run, in the order of `states`.
  let initialStates: [NDArray]
  let actions: [Action]

  /// Floating-point operations of one run, as the kernels state them.
  public var flops: Int { steps.reduce(0) { $0.addingSaturating($1.kernel.flops) } }
}
