import ArgumentParser

/// Which version of the standard a file is written in.
struct OpsetOption: ParsableArguments {
  static let range = 17...24

  @Option(help: "The version of ONNX's operators, 17 to 24: from 20 on Gelu is one of them, from 23 on Attention.")
  var opset = 17

  func validate() throws {
    guard OpsetOption.range.contains(opset) else {
      throw ValidationError(
        "--opset must be \(OpsetOption.range.lowerBound) ... \(OpsetOption.range.upperBound), not \(opset)")
    }
  }
}
