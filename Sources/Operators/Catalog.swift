import Graphs

extension Catalogue {
  /// Every operator there is.
  public static let standard = Catalogue(structural + neural + foreign + quantized)

  /// Element-wise operators, reductions, movement, indexing and random numbers.
  static let structural: [any Operator.Type] = [
    Add.self, Sub.self, Mul.self, Div.self, Pow.self, Mod.self, Min.self, Max.self,
    Equal.self, Less.self, LessOrEqual.self, Greater.self, GreaterOrEqual.self,
    And.self, Or.self, Xor.self, Not.self, Where.self, Cast.self, CastLike.self, Clip.self,
    Neg.self, Abs.self, Exp.self, Log.self, Sqrt.self, Reciprocal.self, Erf.self, Sigmoid.self, Tanh.self, Relu.self,
    Cos.self, Sin.self, Floor.self, Ceil.self, IsNaN.self,
    Round.self, Sign.self, Tan.self, Asin.self, Acos.self, Atan.self, Sinh.self, Cosh.self, Asinh.self, Acosh.self,
    Atanh.self, IsInf.self, Sum.self, Mean.self,
    ReduceSum.self, ReduceMean.self, ReduceMax.self, ReduceMin.self, ReduceProd.self, ReduceL2.self,
    ReduceSumSquare.self,
    ReduceL1.self, ReduceLogSum.self, ReduceLogSumExp.self,
    Identity.self, Reshape.self, Flatten.self, Squeeze.self, Unsqueeze.self, Transpose.self, Concat.self, Split.self,
    Expand.self, Tile.self, Trilu.self,
    ShapeOf.self, SizeOf.self, Constant.self, ConstantOfShape.self, RangeOf.self, Slice.self, Gather.self,
    GatherND.self,
    ScatterND.self, ArgMax.self,
    TopK.self, CumSum.self, GatherElements.self, ScatterElements.self, Pad.self, Resize.self, EarlyResize.self,
    NonZero.self, ArgMin.self, OneHot.self, Hardmax.self, EyeLike.self, Compress.self, DepthToSpace.self,
    SpaceToDepth.self, Einsum.self,
    RandomNormal.self, RandomUniform.self,
    If.self, Loop.self,
  ]
}
