import Graphs
import Tensors

/// All that a definition may depend on besides its operator: what is known of the inputs, and how many outputs are
/// wanted.
struct FunctionSite: Hashable {
  struct Input: Hashable {
    var type: TensorType
    var contents: [Dimension]?
  }

  var inputs: [Input?]
  var outputCount: Int
}
