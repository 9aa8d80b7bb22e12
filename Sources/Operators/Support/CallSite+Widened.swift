import CKernels
import Graphs
import Tensors

extension CallSite {
  /// What a kernel of int64 makes of uint64, where numbers of 2⁶³ and above would be negative.
  enum Unsigned {
    /// The type is refused.
    case refused
    /// The same bits: for sums, differences and products, which wrap.
    case asSigned
    /// The numbers less 2⁶³: for what compares and chooses.
    case byOrder
  }

  /// A kernel for element types that have none of their own: operands are converted to a wider type, in scratch memory, and
  /// results back.
  ///
  /// - Parameters:
  ///   - operands: inputs that are converted; nil for all of the type of the first one.
  ///   - results: outputs that are converted back; nil for all of that type.
  ///   - type: the wider type; nil for float32 in the place of floating-point types, int64 in that of others.
  ///   - unsigned: how uint64 becomes int64.
  ///   - bind: the kernel for the wider types.
  func widened(
    operands: [Int]? = nil, results: [Int]? = nil, in type: ScalarType? = nil,
    unsigned: Unsigned = .refused, _ bind: (CallSite) throws(ShapeError) -> Kernel
  ) throws(ShapeError) -> Kernel {
    let narrow = input(operands?.first ?? 0).scalar
    let wide: ScalarType = type ?? (narrow.isFloat ? .float32 : .int64)
    guard narrow != wide, narrow != .uint64 || wide != .int64 || unsigned != .refused else {
      throw Operators.unsupported(narrow)
    }
    let shifts = narrow == .uint64 && wide == .int64 && unsigned == .byOrder
    var site = self
    var entries: [Conversion] = []
    var exits: [Conversion] = []
    var offset = 0
    func reserve(_ count: Int) -> Int {
      defer { offset += (count * wide.size + 63) / 64 * 64 }
      return offset
    }
    for index in inputs.indices where has(index) && (operands?.contains(index) ?? (input(index).scalar == narrow)) {
      let (count, type) = (input(index).count, input(index).scalar.kernelType)
      entries.append(Conversion(index: index, offset: reserve(count), count: Int64(count), type: type))
      site.inputs[index]?.scalar = wide
      site.inputs[index]?.constant = nil
    }
    for index in outputs.indices {
      guard let slot = outputs[index], results?.contains(index) ?? (slot.scalar == narrow) else { continue }
      exits.append(
        Conversion(index: index, offset: reserve(slot.count), count: Int64(slot.count), type: slot.scalar.kernelType))
      site.outputs[index]?.scalar = wide
    }
    let kernel = try bind(site)
    let (inputCount, total) = (inputs.count, inputs.count + outputs.count)
    let tableOffset = offset
    let innerOffset = tableOffset + (total * MemoryLayout<UnsafeRawPointer>.stride + 63) / 64 * 64
    let wideType = wide.kernelType
    if kernel.viewOf != nil { return kernel }
    var result = Kernel(kernel.name, flops: kernel.flops, bytes: traffic, scratch: innerOffset + kernel.scratch) {
      [entries, exits] b in
      guard let scratch = b.scratch else { return }
      let table = (scratch + tableOffset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
      for index in 0..<inputCount { table[index] = b.rawInput(index).map { UnsafeMutableRawPointer(mutating: $0) } }
      for index in inputCount..<total { table[index] = b.rawOutput(index - inputCount) }
      for entry in entries {
        ck_cast(scratch + entry.offset, wideType, b.rawInput(entry.index), entry.type, entry.count)
        if shifts { entry.flipSigns(in: scratch) }
        table[entry.index] = scratch + entry.offset
      }
      for exit in exits { table[inputCount + exit.index] = scratch + exit.offset }
      kernel.run(Buffers(table: table, inputCount: inputCount, scratch: scratch + innerOffset))
      for exit in exits {
        if shifts { exit.flipSigns(in: scratch) }
        ck_cast(b.rawOutput(exit.index), exit.type, scratch + exit.offset, wideType, exit.count)
      }
    }
    result.effort = kernel.effort
    // What was converted is never looked at by a check.
    result.check = kernel.check
    return result
  }

  private struct Conversion: Sendable {
    var index: Int
    /// Where the wide elements lie in the scratch memory.
    var offset: Int
    var count: Int64
    var type: ck_type

    /// Adds 2⁶³ to wide integers, or takes it away.
    func flipSigns(in scratch: UnsafeMutableRawPointer) {
      let words = (scratch + offset).assumingMemoryBound(to: UInt64.self)
      for index in 0..<Int(count) { words[index] ^= 1 << 63 }
    }
  }
}
