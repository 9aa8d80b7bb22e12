import ArgumentParser
import ClipGraph
import Passes

/// How a training step uses memory.
struct StepOptions: ParsableArguments {
  @Option(
    help: """
      What the backward part keeps of the forward part: none is computed again, cheap (activations, normalisations), or \
      blocks (all but what goes from block to block). Less memory for more time; the numbers stay the same.
      """)
  var recompute = Recomputation.none
}

extension Recomputation: ExpressibleByArgument {}
