import Tensors

extension WireValue {
  /// Both types in words when the declaration and `type` can never agree; nil where one of them leaves it open. `fourBit`
  /// says what elements of `type` hold.
  func contradiction(
    to type: TensorType, _ fourBit: FourBitInteger?
  ) -> (declared: String, actual: String)? {
    let actual = (fourBit.map { "\($0)" } ?? "\(type.scalar)") + "\(type.shape)"
    guard case .tensor(let element, let extents) = kind else {
      if case .other = kind { return ("as no tensor", actual) }
      return nil
    }
    let declared =
      "\(elementTypeName(element))\(extents.map { "[" + $0.map(\.text).joined(separator: ", ") + "]" } ?? "")"
    if element != 0 && element != fourBit?.rawValue ?? type.scalar.rawValue { return (declared, actual) }
    guard let extents else { return nil }
    if extents.count != type.shape.rank { return (declared, actual) }
    for (extent, dimension) in zip(extents, type.shape.dimensions) {
      if case .size(let size) = extent, let known = dimension.constant, known != size { return (declared, actual) }
    }
    return nil
  }
}

extension WireValue.Extent {
  var text: String {
    switch self {
    case .size(let size): "\(size)"
    case .symbol(let name): name
    case .unknown: "?"
    }
  }
}
