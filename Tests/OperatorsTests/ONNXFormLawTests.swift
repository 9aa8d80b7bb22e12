import Graphs
import Operators
import Tensors
import Testing

/// Every spelling of every operator gives the operator back.
struct ONNXFormLawTests {
  @Test(arguments: OperatorCase.all)
  func encodingAndDecodingGivesTheSameOperator(c: OperatorCase) throws {
    for form in forms(of: c) {
      let (attributes, constants) = form.encode(c.op)
      for (name, _) in attributes { #expect(form.attributeNames.contains(name)) }
      #expect(Set(attributes.map(\.0)).count == attributes.count)
      let decoded = try form.decode(attributes.map { ($0.0, $0.1) }, constants.compactMapValues(array))
      #expect(decoded.isSame(as: c.op), "\(form.name) since \(form.since): \(decoded) is not \(c.op)")
    }
  }

  @Test func everyFormIsSpeltByACase() {
    for type in OperatorCase.operators {
      let spelt = OperatorCase.all.filter { Swift.type(of: $0.op) == type }.flatMap { forms(of: $0).map(\.since) }
      for form in type.anyForms {
        #expect(spelt.contains(form.since), "no case spells \(form.name) since \(form.since)")
      }
    }
  }

  @Test func namesAndVersionsAreUnique() {
    var seen: Set<String> = []
    for type in Catalogue.standard.operators {
      for form in type.anyForms {
        #expect(seen.insert("\(form.domain)::\(form.name):\(form.since)").inserted, "\(form.name) occurs twice")
      }
      #expect(type.anyForms.map(\.since) == type.anyForms.map(\.since).sorted(by: >), "the newest comes first")
    }
  }

  @Test func anUnknownAttributeIsRefused() throws {
    for type in Catalogue.standard.operators {
      #expect(throws: ShapeError.self) { try type.anyForms[0].decode([("no_such_attribute", .int(1))], [:]) }
    }
  }

  private func forms(of c: OperatorCase) -> [AnyONNXForm] {
    type(of: c.op).anyForms.filter { c.forms?.contains($0.since) ?? true }
  }

  /// The constant input that a file would hold.
  private func array(_ value: AttributeValue) -> NDArray? {
    switch value {
    case .int(let number): NDArray(Int64(number))
    case .ints(let numbers): NDArray(numbers.map { Int64($0) }, [numbers.count])
    case .float(let number): NDArray(number)
    case .floats(let numbers): NDArray(numbers, [numbers.count])
    case .tensor(let array): array
    case .string, .strings, .graph: nil
    }
  }
}
