#include "internal.h"
#include <math.h>

/// Elements of a stretch: the second reading finds them in the cache.
enum { stretch_elements = 1 << 14 };

/// How x is cut: every channel into `stretches` of its `elements`. A task is one stretch of one channel.
typedef struct cut {
  int64_t channels, plane, elements, stretches;
} cut;

static cut cut_of(int64_t batch, int64_t channels, int64_t plane) {
  int64_t elements = batch * plane;
  return (cut){channels, plane, elements, ck_max_i64(1, ck_ceil_div(elements, stretch_elements))};
}

static ck_stretch stretch_of(const cut *c, int64_t task) {
  int64_t begin = task % c->stretches * stretch_elements;
  return (ck_stretch){c->plane, c->channels * c->plane, begin, ck_min_i64(begin + stretch_elements, c->elements)};
}

/// Runs one task for every stretch; `cost` is that of one element.
static void run_stretches(const cut *c, int64_t cost, ck_task *run, void *context) {
  ck_parallel(c->channels * c->stretches, c->channels * c->elements * cost, run, context);
}

static double inverse_deviation(float variance, float epsilon) {
  return 1.0 / sqrt((double)variance + (double)epsilon);
}

/// Two numbers of one stretch: mean and Σ (x − mean)², or Σ dy and Σ dy · (x − mean).
typedef struct pair {
  double first, second;
} pair;

/// Scratch: a pair a stretch, then four vectors of a number a channel.
int64_t ck_batch_normalization_scratch(int64_t batch, int64_t channels, int64_t plane) {
  cut c = cut_of(batch, channels, plane);
  return channels * (c.stretches * (int64_t)sizeof(pair) + 4 * (int64_t)sizeof(float));
}

static float *vector(const cut *c, pair *scratch, int index) {
  return (float *)(scratch + c->channels * c->stretches) + index * c->channels;
}

typedef struct statistics {
  const cut *cut;
  const float *x;
  pair *moments;
} statistics;

static void moments_of_stretch(void *context, int64_t task, int slot) {
  (void)slot;
  const statistics *c = context;
  ck_stretch stretch = stretch_of(c->cut, task);
  ck_dispatch()->batch_normalization_moments(&c->moments[task].first, &c->moments[task].second,
                                             c->x + task / c->cut->stretches * c->cut->plane, &stretch);
}

/// Mean and biased variance of every channel, from those of its stretches (Chan, Golub and LeVeque 1979).
static void find_statistics(float *mean, float *variance, const float *x, const cut *cut, pair *scratch) {
  statistics context = {cut, x, scratch};
  run_stretches(cut, 2, moments_of_stretch, &context);
  for (int64_t channel = 0; channel < cut->channels; channel++) {
    const pair *moments = scratch + channel * cut->stretches;
    double total = 0.0, squares = 0.0;
    for (int64_t i = 0; i < cut->stretches; i++) {
      ck_stretch s = stretch_of(cut, i);
      total += (double)(s.end - s.begin) * moments[i].first;
    }
    double centre = total / (double)cut->elements;
    for (int64_t i = 0; i < cut->stretches; i++) {
      ck_stretch s = stretch_of(cut, i);
      double shift = moments[i].first - centre;
      squares += moments[i].second + (double)(s.end - s.begin) * shift * shift;
    }
    mean[channel] = (float)centre;
    variance[channel] = (float)(squares / (double)cut->elements);
  }
}

typedef struct forward {
  const cut *cut;
  float *y;
  const float *x, *scale, *bias, *mean, *variance;
  float epsilon;
} forward;

static void forward_stretch(void *context, int64_t task, int slot) {
  (void)slot;
  const forward *c = context;
  int64_t channel = task / c->cut->stretches, at = channel * c->cut->plane;
  ck_stretch stretch = stretch_of(c->cut, task);
  float factor = (float)((double)c->scale[channel] * inverse_deviation(c->variance[channel], c->epsilon));
  ck_dispatch()->batch_normalization_apply(c->y + at, c->x + at, c->mean[channel], factor, c->bias[channel], &stretch);
}

void ck_batch_normalization_f32(float *y, const float *x, const float *scale, const float *bias, const float *mean,
                                const float *variance, int64_t batch, int64_t channels, int64_t plane, float epsilon) {
  cut cut = cut_of(batch, channels, plane);
  forward context = {&cut, y, x, scale, bias, mean, variance, epsilon};
  run_stretches(&cut, 1, forward_stretch, &context);
}

static void update(float *running, const float *old, const float *now, float momentum, int64_t channels) {
  double share = old ? (double)momentum : 0.0;
  for (int64_t i = 0; running && i < channels; i++)
    running[i] = (float)((old ? (double)old[i] * share : 0.0) + (double)now[i] * (1.0 - share));
}

void ck_batch_normalization_training_f32(float *y, float *running_mean, float *running_variance, const float *x,
                                         const float *scale, const float *bias, const float *old_mean,
                                         const float *old_variance, int64_t batch, int64_t channels, int64_t plane,
                                         float epsilon, float momentum, void *scratch) {
  cut cut = cut_of(batch, channels, plane);
  float *mean = vector(&cut, scratch, 0), *variance = vector(&cut, scratch, 1);
  find_statistics(mean, variance, x, &cut, scratch);
  forward context = {&cut, y, x, scale, bias, mean, variance, epsilon};
  run_stretches(&cut, 1, forward_stretch, &context);
  update(running_mean, old_mean, mean, momentum, channels);
  update(running_variance, old_variance, variance, momentum, channels);
}

typedef struct backward {
  const cut *cut;
  float *dx;
  const float *dy, *x, *scale, *mean, *variance;
  float epsilon;
  bool training;
  pair *sums;
  /// What is subtracted from dy, and from dy for each unit of x − mean.
  float *first, *second;
} backward;

static void sums_of_stretch(void *context, int64_t task, int slot) {
  (void)slot;
  const backward *c = context;
  int64_t channel = task / c->cut->stretches, at = channel * c->cut->plane;
  ck_stretch stretch = stretch_of(c->cut, task);
  ck_dispatch()->batch_normalization_products(&c->sums[task].first, &c->sums[task].second, c->dy + at, c->x + at,
                                              c->mean[channel], &stretch);
}

static void add_sums(const backward *c, float *dscale, float *dbias) {
  for (int64_t channel = 0; channel < c->cut->channels; channel++) {
    double inverse = inverse_deviation(c->variance[channel], c->epsilon), sum = 0.0, products = 0.0;
    for (int64_t i = 0; i < c->cut->stretches; i++) {
      sum += c->sums[channel * c->cut->stretches + i].first;
      products += c->sums[channel * c->cut->stretches + i].second;
    }
    if (dscale)
      dscale[channel] = (float)(products * inverse);
    if (dbias)
      dbias[channel] = (float)sum;
    c->first[channel] = (float)(sum / (double)c->cut->elements);
    c->second[channel] = (float)(products * inverse * inverse / (double)c->cut->elements);
  }
}

static void backward_stretch(void *context, int64_t task, int slot) {
  (void)slot;
  const backward *c = context;
  int64_t channel = task / c->cut->stretches, at = channel * c->cut->plane;
  ck_stretch stretch = stretch_of(c->cut, task);
  float factor = (float)((double)c->scale[channel] * inverse_deviation(c->variance[channel], c->epsilon));
  if (c->training)
    ck_dispatch()->batch_normalization_gradient(c->dx + at, c->dy + at, c->x + at, c->mean[channel], factor,
                                                c->first[channel], c->second[channel], &stretch);
  else
    ck_dispatch()->batch_normalization_scale(c->dx + at, c->dy + at, factor, &stretch);
}

void ck_batch_normalization_gradient_f32(float *dx, float *dscale, float *dbias, const float *dy, const float *x,
                                         const float *scale, const float *mean, const float *variance, int64_t batch,
                                         int64_t channels, int64_t plane, float epsilon, bool training, void *scratch) {
  cut cut = cut_of(batch, channels, plane);
  if (!mean || !variance) {
    find_statistics(vector(&cut, scratch, 0), vector(&cut, scratch, 1), x, &cut, scratch);
    mean = vector(&cut, scratch, 0);
    variance = vector(&cut, scratch, 1);
  }
  backward context = {&cut,
                      dx,
                      dy,
                      x,
                      scale,
                      mean,
                      variance,
                      epsilon,
                      training,
                      scratch,
                      vector(&cut, scratch, 2),
                      vector(&cut, scratch, 3)};
  if (training || dscale || dbias) {
    run_stretches(&cut, 2, sums_of_stretch, &context);
    add_sums(&context, dscale, dbias);
  }
  if (dx)
    run_stretches(&cut, 2, backward_stretch, &context);
}
