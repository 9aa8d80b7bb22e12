import ArgumentParser

/// Three numbers, of red, green and blue: `0.48,0.46,0.41`.
struct ColourArgument: ExpressibleByArgument {
  let values: [Float]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0.trimmingPrefix { $0 == " " }) }
    guard parts.count == 3, numbers.count == 3, numbers.allSatisfy(\.isFinite) else { return nil }
    values = numbers
  }
}
