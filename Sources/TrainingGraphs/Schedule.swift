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

/// Linear warm-up, a constant rate, and a linear fall to zero at the end, as open_clip's `const_lr_cooldown`, counted from
/// step 0:
///
///     step < warmup:             base · (step + 1) / warmup
///     step < total − cooldown:   base
///     otherwise:                 base · (total − step) / cooldown
///
/// All scalars; `step` is float. A cool-down of no steps keeps the rate.
func warmupConstant(step: Tensor, base: Tensor, warmup: Tensor, total: Tensor, cooldown: Tensor) -> Tensor {
  let (zero, one) = (step.builder.constant(0), step.builder.constant(1))
  let rising = base * (step + one) / warmup.maximum(one)
  let falling = base * ((total - step) / cooldown.maximum(one)).maximum(zero)
  let isFlat = step.less(than: total - cooldown)
  let end = isFlat.select(base, cooldown.less(than: one).select(base, falling))
  return step.less(than: warmup).select(rising, end)
}
