import Graphs
import Tensors

/// Builds the bodies of functions from definitions. Reader and writer share it: a call is an operator if the bodies
/// agree.
enum FunctionBody {
  /// The definition of `op` in standard operators of `opset`, as a graph whose inputs are the present ones.
  /// nil for an operator without definition.
  static func definition(of op: any Operator, at site: FunctionSite, opset: Int) throws(ONNXError) -> Graph? {
    var seed = Graph(name: op.name)
    var ids: [ValueID?] = []
    for (position, input) in site.inputs.enumerated() {
      guard let input else {
        ids.append(nil)
        continue
      }
      let value = Value(name: inputName(position), type: input.type, contents: input.contents)
      let id = seed.addValue(value)
      seed.inputs.append(id)
      ids.append(id)
    }
    let builder = GraphBuilder(extending: seed)
    guard let results = op.definition(ids.map { $0.map { Tensor(builder, $0) } }) else { return nil }
    for (position, result) in results.prefix(site.outputCount).enumerated() { builder.output("y\(position)", result) }
    do {
      let graph = try builder.finish()
      guard graph.outputs.count == site.outputCount else {
        throw ONNXError(
          .unsupported, at: op.name,
          "its definition has \(graph.outputs.count) outputs, but \(site.outputCount) are used")
      }
      let expanded = try graph.expanding { _, node in !node.op.isStandard(in: opset) }
      return try expanded.withoutSyntax(opset: opset).pruned()
    } catch let error as BuildError {
      throw ONNXError(.unsupported, at: op.name, "its definition fails: \(error)")
    } catch let error as GraphError {
      throw ONNXError(.unsupported, at: op.name, "its definition fails: \(error)")
    } catch let error as ONNXError {
      throw error
    } catch {
      throw ONNXError(.unsupported, at: op.name, "its definition fails: \(error)")
    }
  }

  static func inputName(_ position: Int) -> String { "x\(position)" }
}

extension Operator {
  /// The form in the standard's own domain at `opset`, if it has the operator by then and can say all of its attributes:
  /// what an older version said by attributes may be inputs now.
  func standardForm(in opset: Int) -> AnyONNXForm? {
    let forms = Self.anyForms.filter { $0.domain.isEmpty && $0.since <= opset && !$0.isReadOnly }
    return forms.max { $0.since < $1.since }.flatMap { $0.says(self) ? $0 : nil }
  }

  func isStandard(in opset: Int) -> Bool { standardForm(in: opset) != nil }

  /// Whether the standard has an operator of this name at `opset`, whatever its attributes.
  func isNamedByStandard(in opset: Int) -> Bool {
    Self.onnx.contains { $0.domain.isEmpty && $0.since <= opset && !$0.isReadOnly }
  }
}

extension AnyONNXForm {
  /// Whether the operator can be read back from its spelling in this form.
  fileprivate func says(_ op: any Operator) -> Bool {
    let (attributes, constants) = encode(op)
    var arrays: [Int: NDArray] = [:]
    for (position, value) in constants { arrays[position] = try? value.array() }
    let back = try? decode(attributes.map { (name: $0.0, value: $0.1) }, arrays)
    return back?.isSame(as: op) ?? false
  }
}
