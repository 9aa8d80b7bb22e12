#include "internal.h"
#include <math.h>

typedef struct update {
  float *p_out, *m_out, *v_out;
  const float *p, *g, *m, *v;
  ck_adamw_step step;
} update;

static void run(void *context, int64_t begin, int64_t end) {
  const update *c = context;
  ck_dispatch()->adamw(c->p_out + begin, c->m_out + begin, c->v_out + begin, c->p + begin, c->g + begin, c->m + begin,
                       c->v + begin, end - begin, &c->step);
}

void ck_adamw_f32(float *p_out, float *m_out, float *v_out, const float *p, const float *g, const float *m,
                  const float *v, int64_t n, const ck_adamw *scalars) {
  const ck_adamw s = *scalars;
  double correction1 = 1.0 - pow(s.beta1, s.step), correction2 = 1.0 - pow(s.beta2, s.step);
  ck_adamw_step step = {
      .decay = (float)(1.0 - s.learning_rate * s.weight_decay),
      .beta1 = (float)s.beta1,
      .beta1_complement = (float)(1.0 - s.beta1),
      .beta2 = (float)s.beta2,
      .beta2_complement = (float)(1.0 - s.beta2),
      .rate = (float)(s.learning_rate / correction1),
      .inverse_root_correction = (float)(1.0 / sqrt(correction2)),
      .epsilon = (float)s.epsilon,
  };
  update context = {p_out, m_out, v_out, p, g, m, v, step};
  ck_parallel_range(n, 2, run, &context);
}
