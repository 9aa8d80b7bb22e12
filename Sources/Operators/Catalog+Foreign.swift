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

  /// Operators on quantised tensors.
  static let quantized: [any Operator.Type] = [
    QuantizeLinear.self, DequantizeLinear.self, DynamicQuantizeLinear.self,
    MatMulInteger.self, ConvInteger.self, QLinearMatMul.self, QLinearConv.self,
    QLinearAdd.self, QLinearMul.self, QLinearConcat.self, QLinearSoftmax.self, QLinearAveragePool.self,
    MatMulIntegerToFloat.self, DynamicQuantizeMatMul.self, QGemm.self, QAttention.self,
    MatMulNBits.self, MatMulBnb4.self,
  ]
}
