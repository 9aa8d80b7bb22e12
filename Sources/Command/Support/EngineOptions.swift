import ArgumentParser
import ClipGraph

/// How a model is run.
struct EngineOptions: ParsableArguments {
  @Option(help: "Threads for kernels; 0 means all cores. Results do not depend on it.")
  var threads = 0

  @Option(help: "Pictures or captions in one run of the graph.")
  var batchSize = 32

  @OptionGroup var products: ProductOptions

  func validate() throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 ... 1024, not \(threads)") }
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size must be 1 or more, not \(batchSize)")
    }
  }

  var options: CLIP.Options {
    var options = CLIP.Options(threads: threads, batchSize: batchSize)
    options.strassen = products.strassen
    return options
  }
}

/// How matrix products are computed.
struct ProductOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Large products of an image tower take Strassen's method.",
      discussion: "It is some 6 % faster and rounds about twice as coarsely, far below what tells pictures apart."))
  var strassen = true
}
