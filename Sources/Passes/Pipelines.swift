import Graphs

extension Pipeline {
  /// Brings every spelling into one form, so that a rule has one to match. Patterns go through it, too.
  public static let canonical = Pipeline("canonical", [CanonicalAttributes(), Rules.canonical, FoldConstants()])

  /// For a graph that is run as it is.
  public static let none = Pipeline("none", [])

  /// For a graph that answers.
  public static let inference = Pipeline(
    "inference", cleaning + [folding] + fusion + [convolution, selection, absorption] + finishing)

  /// For a graph that answers and whose batch is open: large products by Strassen's method, too. Where symbols are
  /// bound, samples cannot be told from rows any more; `inference` keeps what was decided before.
  public static let strassen = Pipeline(
    "inference with Strassen's method", inference.passes + [Rules(StrassenProducts())])

  /// For looking at what a graph computes: fused, with everything still there that it computes.
  static let recognition = Pipeline("recognition", cleaning + [folding] + fusion + finishing)

  /// For a graph that learns: forward, gradients and update in one.
  public static let training = Pipeline(
    "training", cleaning + fusion + [Rules(ShareLogSumExp()), rowsInUse] + finishing)

  /// For a graph of any origin that is going to be differentiated: what has a gradient of its own is recognised.
  public static let differentiable = Pipeline("differentiable", cleaning + composites + selecting + finishing)

  /// For a file of opset 23 or later.
  public static let standardAttention = Pipeline("standard attention", [Rules(SpellAttention())])

  static let cleaning: [any Pass] = [
    Rules(ExpandMacros()),
    DeadNodes(),
    CanonicalAttributes(),
    Rules.canonical,
    Rules(GatherBeforeCast()),
    FoldConstants(),
    ReadDimensionsFromInputs(),
    Rules.simplify,
    Rules.broadcasting,
    FoldConstants(),
    CommonSubexpressions(),
  ]

  static let fusion: [any Pass] =
    composites + [
      Rules(
        "FuseLinear",
        [LinearFromProduct(), LinearWithAddend(), LinearWithActivation()] + Rules.simplify.rules + Rules.sinking.rules)
    ] + selecting + [
      Rules(
        "FuseMatMulTranspose", [TransposeIntoProduct(), TransposeOfProduct(), ScaleIntoProduct(), FactorIntoProduct()]),
      Rules(MergeScalarFactors()),
    ]

  static let composites: [any Pass] = [
    Rules("SinkMovement", Rules.simplify.rules + Rules.sinking.rules),
    CommonSubexpressions(),
    Rules(FuseLayerNormalization(bias: true)),
    Rules(FuseLayerNormalization(bias: false)),
    Rules(FuseGelu()),
    Rules(FuseQuickGelu()),
    Rules(FuseReduceL2()),
    Rules(FuseScaledDotProductAttention()),
    Rules(SimplifyAttentionMask()),
    Rules(
      "FuseSelfAttention",
      [LinearFromProduct(), LinearWithAddend(takesResiduals: false), FuseSelfAttention(), FuseCrossAttention()]
        + Rules.simplify.rules
        + Rules.sinking.rules),
  ]

  static let selecting: [any Pass] = [Rules.pooling, Rules("Simplify", Rules.simplify.rules + Rules.sinking.rules)]

  static let folding = Rules(FoldBatchNormalization())

  static let selection = Rules("SelectRows", [SelectRows()] + Rules.simplify.rules)

  static let absorption = Rules(AbsorbProjection())

  static let rowsInUse = Rules("RowsInUse", [UpdateByRows(), SumByRows()])

  static let convolution = Rules("FuseConv", [ConvWithAddend(), ConvWithActivation()])

  static let finishing: [any Pass] = [
    FoldConstants(),
    ReadDimensionsFromInputs(),
    Rules.simplify,
    CommonSubexpressions(),
    CanonicalAttributes(),
    DeadNodes(),
  ]
}

extension Rules {
  static let canonical = Rules(
    "Canonical",
    [
      FlattenAsReshape(), ReshapeByNumbers(), PowerAsProduct(), CastLikeAsCast(), TileAsExpand(),
      ReciprocalAsDivision(), ConstantOfShapeAsExpand(),
    ])

  static let simplify = Rules(
    "Simplify",
    [
      RemoveNeutral(), RemoveTrue(), RemoveUnchanged(), MergeReshapes(), MergeTransposes(), RemoveDoubleNegation(),
      ReshapeByNumbers(), SimplifyViews(),
    ])

  static let broadcasting = Rules(
    "Broadcasting",
    [
      ExpandBehindElements(), ExpandBehindRows(), ArgMaxKeepsAxis(), TokensUnnarrowed(), GatherOfAll(), GatherNDOfAll(),
      SliceOfCounting(), GatherByRows(), LeadingAxesDropped(),
    ])

  static let sinking = Rules(
    "Sinking", [MovementBehindRows(), MovementBehindElements(), TransposeBehindAxes()])

  static let pooling = Rules(
    "Pooling", [PoolingByBatch(), PoolingByFlatIndex(), ArgMaxKeepsAxis(), SelectionBeforeRows(), SelectedQuery()])
}
