import Graphs

extension Catalogue {
  /// The domain of ONNX Runtime's own operators.
  static let microsoft = "com.microsoft"

  /// Operators that other programs write, which are read as their definitions.
  static let foreign: [any Operator.Type] = [
    DilatedAveragePool.self, GlobalAveragePool.self, GlobalMaxPool.self,
    FlattenedSoftmax.self, FlattenedLogSoftmax.self,
    StandardAttention.self, RMSNormalization.self, SimplifiedLayerNormalization.self,
    BiasGelu.self, FastGelu.self, MicrosoftQuickGelu.self, MicrosoftFusedMatMul.self, MicrosoftFusedConv.self,
    SkipLayerNormalization.self, SkipSimplifiedLayerNormalization.self,
    MicrosoftAttention.self, MultiHeadAttention.self,
    Adagrad.self, Adam.self, Momentum.self,
  ]
}
