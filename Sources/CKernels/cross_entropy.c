#include "internal.h"

typedef struct cross_entropy {
  float *row_losses, *out;
  const float *logits;
  const int64_t *labels;
  int64_t classes, ignore_index;
  float scale;
} cross_entropy;

static int64_t clamped(int64_t label, int64_t classes) {
  return label < 0 ? 0 : label >= classes ? classes - 1 : label;
}

static int64_t counted(const int64_t *labels, int64_t rows, int64_t ignore_index) {
  int64_t count = 0;
  for (int64_t row = 0; row < rows; row++)
    count += labels[row] != ignore_index;
  return count;
}

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const cross_entropy *c = context;
  for (int64_t row = begin; row < end; row++) {
    const float *x = c->logits + row * c->classes;
    int64_t label = clamped(c->labels[row], c->classes);
    float logit = x[label];
    float lse = ck_dispatch()->log_softmax_row(c->out ? c->out + row * c->classes : NULL, x, c->classes);
    float loss = c->out ? -c->out[row * c->classes + label] : lse - logit;
    c->row_losses[row] = c->labels[row] == c->ignore_index ? 0.0f : loss;
  }
}

void ck_cross_entropy_f32(float *loss, float *row_losses, float *log_probabilities, const float *logits,
                          const int64_t *labels, int64_t rows, int64_t classes, int64_t ignore_index) {
  cross_entropy context = {row_losses, log_probabilities, logits, labels, classes, ignore_index, 0.0f};
  ck_parallel_range(rows, classes * 4, forward_rows, &context);
  double sum = ck_dispatch()->reduce_run_f32(CK_REDUCE_SUM, row_losses, rows);
  *loss = (float)(sum / (double)counted(labels, rows, ignore_index));
}

static void backward_rows(void *context, int64_t begin, int64_t end) {
  const cross_entropy *c = context;
  for (int64_t row = begin; row < end; row++) {
    float *dx = c->out + row * c->classes;
    if (c->labels[row] == c->ignore_index) {
      for (int64_t j = 0; j < c->classes; j++)
        dx[j] = 0.0f;
      continue;
    }
    ck_dispatch()->softmax_row(dx, c->logits + row * c->classes, c->classes);
    dx[clamped(c->labels[row], c->classes)] -= 1.0f;
    ck_dispatch()->binary_f32(CK_MUL, dx, dx, 1, &c->scale, 0, c->classes);
  }
}

void ck_cross_entropy_gradient_f32(float *dlogits, const float *dloss, const float *logits, const int64_t *labels,
                                   int64_t rows, int64_t classes, int64_t ignore_index) {
  float scale = (float)((double)*dloss / (double)counted(labels, rows, ignore_index));
  cross_entropy context = {NULL, dlogits, logits, labels, classes, ignore_index, scale};
  ck_parallel_range(rows, classes * 4, backward_rows, &context);
}
