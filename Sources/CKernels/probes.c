#include "internal.h"

typedef struct multiply_add_probe {
  int64_t rounds;
  _Atomic int64_t flops;
} multiply_add_probe;

static void run_chains(void *context, int64_t task, int slot) {
  (void)task;
  (void)slot;
  multiply_add_probe *probe = context;
  float sink = 0.0f;
  probe->flops += ck_dispatch()->multiply_add_chains(&sink, probe->rounds);
}

int64_t ck_multiply_add_probe(int64_t rounds) {
  multiply_add_probe probe = {rounds, 0};
  ck_parallel(ck_threads(), INT64_MAX, run_chains, &probe);
  return probe.flops;
}

typedef struct read_probe {
  const float *x;
  int64_t n;
  _Atomic int found;
} read_probe;

enum { read_chunk = 1 << 16 };

static void read_part(void *context, int64_t task, int slot) {
  (void)slot;
  read_probe *probe = context;
  int64_t begin = task * read_chunk, count = ck_min_i64(read_chunk, probe->n - begin);
  if (ck_dispatch()->reduce_run_f32(CK_REDUCE_SUM, probe->x + begin, count) != 0.0)
    probe->found = 1;
}

bool ck_read_probe(const float *x, int64_t n) {
  read_probe probe = {x, n, 0};
  ck_parallel(ck_ceil_div(n, read_chunk), n, read_part, &probe);
  return probe.found != 0;
}
