import Tensors

/// A set of operators by their ONNX spelling.
public struct Catalogue: Sendable {
  /// All forms of one (domain, name), newest first.
  private var forms: [String: [AnyONNXForm]] = [:]
  public let operators: [any Operator.Type]

  /// The domain of operators that the standard lacks, and of the functions that define them.
  public static let domain = "ai.clipgraph"

  public init(_ operators: [any Operator.Type]) {
    self.operators = operators
    for type in operators {
      for form in type.anyForms { forms[Catalogue.key(form.domain, form.name), default: []].append(form) }
    }
    for key in forms.keys { forms[key]?.sort { $0.since > $1.since } }
  }

  /// "" and "ai.onnx" are one domain.
  private static func key(_ domain: String, _ name: String) -> String {
    (domain == "ai.onnx" ? "" : domain) + "::" + name
  }

  /// The form in force at `opset`, or nil.
  public func form(domain: String, name: String, opset: Int) -> AnyONNXForm? {
    forms[Catalogue.key(domain, name)]?.first { $0.since <= opset }
  }
}
