import Graphs

extension Catalogue {
  /// Layers, losses, optimisers, and their gradients.
  static let neural: [any Operator.Type] = [
    MatMul.self, FusedMatMul.self, Gemm.self, Linear.self,
    Conv.self, FusedConv.self, ConvWeightGradient.self, ConvInputGradient.self,
    ConvTranspose.self, AveragePool.self, AveragePoolGradient.self, MaxPool.self,
    LayerNormalization.self, LayerNormalizationGradient.self,
    BatchNormalization.self, BatchNormalizationTraining.self, BatchNormalizationGradient.self,
    Softmax.self, SoftmaxGradient.self, LogSoftmax.self,
    Gelu.self, GeluGradient.self, QuickGelu.self, QuickGeluGradient.self, ReluGradient.self,
    ScaledDotProductAttention.self, ScaledDotProductAttentionGradient.self,
    SelfAttention.self, SelfAttentionGradient.self, CrossAttention.self, AbsorbedAttention.self,
    GatherGradient.self, GatherNDGradient.self,
    SoftmaxCrossEntropyLoss.self, SoftmaxCrossEntropyLossGradient.self,
    ProductLogSumExp.self, ProductLogSumExpGradient.self, ProductSigmoidLoss.self, ProductSigmoidLossGradient.self,
    RowGroups.self,
    AdamW.self,
    LeakyRelu.self, PRelu.self, Elu.self, Selu.self, Celu.self, ThresholdedRelu.self, HardSigmoid.self, HardSwish.self,
    Softplus.self, Softsign.self, Mish.self, Swish.self, Shrink.self, Dropout.self,
    NegativeLogLikelihoodLoss.self,
    InstanceNormalization.self, GroupNormalization.self, LpNormalization.self, MeanVarianceNormalization.self,
    RotaryEmbedding.self,
  ]
}
