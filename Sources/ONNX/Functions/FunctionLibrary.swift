import Graphs
import Tensors

/// The model-local functions of a file that is being written. Attributes are baked into a body; equal bodies share a
/// function.
final class FunctionLibrary {
  private let opset: Int
  private(set) var wire: [WireFunction] = []
  private var bodies: [String: [(name: String, body: Graph, inputs: [Bool])]] = [:]
  private var known: [Key: String] = [:]

  private struct Key: Hashable {
    var op: AnyHashable
    var site: FunctionSite
  }

  init(opset: Int) { self.opset = opset }

  /// The name of the function that computes `op` at `site`, added if need be; nil for an operator without definition.
  func name(for op: any Operator, at site: FunctionSite) throws(ONNXError) -> String? {
    let key = Key(op: AnyHashable(op), site: site)
    if let name = known[key] { return name }
    guard let body = try FunctionBody.definition(of: op, at: site, opset: opset) else { return nil }
    let present = site.inputs.map { $0 != nil }
    let others = bodies[op.name] ?? []
    // Bodies may be the same for other types: a body is text, and text has no types.
    if let same = others.first(where: { $0.inputs == present && $0.body.computesSame(as: body, comparingTypes: false) })
    {
      known[key] = same.name
      return same.name
    }
    let name = others.isEmpty ? op.name : "\(op.name)_\(others.count + 1)"
    wire.append(try FunctionWriter(body, opset: opset).function(name, of: op, inputCount: site.inputs.count))
    bodies[op.name, default: []].append((name, body, present))
    known[key] = name
    return name
  }
}
