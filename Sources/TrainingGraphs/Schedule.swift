import Graphs
import Operators
import Tensors

/// Linear warm-up, then a cosine to zero (Loshchilov and Hutter 2017), as open_clip's `cosine_lr`, counted from step 0:
///
///     step < warmup:  base · (step + 1) / warmup
///     otherwise:      base · (1 + cos(π (step − warmup) / (total − warmup))) / 2
///
/// All scalars; `step` is float. Beyond `total` the rate stays zero.
func warmupCosine(step: Tensor, base: Tensor, warmup: Tensor, total: Tensor) -> Tensor {
  let one = step.builder.constant(1)
  let rising = base * (step + one) / warmup.maximum(one)
  let progress = ((step - warmup) / (total - warmup).maximum(one)).minimum(one)
  let falling = base * (((progress * Float.pi).cos() + one) * 0.5)
  return step.less(than: warmup).select(rising, falling)
}
