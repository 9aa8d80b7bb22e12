import Graphs
import Operators
import Tensors

/// A pre-norm transformer block, declared as the model declares it.
struct Block {
  var width = 16
  var heads = 2
  var causal = false
  var quickGELU = false

  func callAsFunction(_ x: Tensor, _ noise: inout Noise, _ name: String) -> Tensor {
    let b = x.builder
    func parameter(_ path: String, _ sizes: [Int]) -> Tensor { b.parameter("\(name).\(path)", noise.array(sizes)) }
    func linear(_ x: Tensor, _ path: String, _ input: Int, _ output: Int) -> Tensor {
      x.matmul(parameter(path + ".weight", [output, input]).transposed([1, 0])) + parameter(path + ".bias", [output])
    }
    func normalised(_ x: Tensor, _ path: String) -> Tensor {
      x.layerNormalization(
        scale: parameter(path + ".weight", [width]), bias: parameter(path + ".bias", [width]), epsilon: 1e-5)
    }
    return b.scoped(name) {
      let packed = linear(normalised(x, "ln_1"), "attn.in_proj", width, 3 * width)
      let attended = linear(packed.selfAttention(heads: heads, causal: causal), "attn.out_proj", width, width)
      let y = x + attended
      let hidden = linear(normalised(y, "ln_2"), "mlp.c_fc", width, 4 * width)
      return y + linear(quickGELU ? hidden.quickGelu() : hidden.gelu(), "mlp.c_proj", 4 * width, width)
    }
  }

  /// Two of them on [batch, sequence, width].
  static func graph(causal: Bool, quickGELU: Bool, layers: Int = 2) throws -> Graph {
    try Graph.example { b, noise in
      let block = Block(causal: causal, quickGELU: quickGELU)
      let x = b.input("x", .float32, [.symbol("batch"), .symbol("sequence"), Dimension(block.width)])
      b.output("y", (0..<layers).reduce(x) { block($0, &noise, "resblocks.\($1)") })
    }
  }
}

extension Graph {
  /// Everything in standard operators of opset 17, as files are written; with `layerNormalization`, of opset 13.
  func inPrimitives(layerNormalization: Bool = false) throws -> Graph {
    try expanding { _, node in
      guard let form = type(of: node.op).anyForms.last else { return false }
      return !form.domain.isEmpty || form.since > 17 || (layerNormalization && node.op is LayerNormalization)
    }.pruned()
  }
}
