#include "internal.h"
#include "team.h"
#include <stdatomic.h>
#include <stdlib.h>

// Swift's clang ships no omp.h.
int omp_get_max_threads(void);
int omp_get_thread_num(void);
int omp_in_parallel(void);
__attribute__((weak)) void kmp_set_defaults(const char *settings);

enum { minimum_parallel_cost = 1 << 15, range_chunk = 1 << 14 };

/// The dispatch table: the functions in force, and the number of threads where none was set.
static struct {
  _Atomic(const ck_kernels *) kernels;
  int default_threads;
} state = {&ck_kernels__plain, 1};

/// What `ck_set_threads` set on this thread; 0 stands for the default.
static _Thread_local int threads_of_caller;

static ck_isa best_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma"))
    return CK_ISA_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return CK_ISA_AVX2;
#endif
  return CK_ISA_PLAIN;
}

ck_isa ck_force_isa(ck_isa level) {
  ck_isa best = best_isa();
  if (level > best)
    level = best;
  const ck_kernels *kernels = &ck_kernels__plain;
#if defined(__x86_64__)
  if (level == CK_ISA_AVX2)
    kernels = &ck_kernels__avx2;
  if (level == CK_ISA_AVX512)
    kernels = &ck_kernels__avx512;
#endif
  atomic_store(&state.kernels, kernels);
  return level;
}

void ck_set_threads(int threads) { threads_of_caller = threads < 1 ? 0 : threads; }

int ck_threads(void) { return threads_of_caller > 0 ? threads_of_caller : state.default_threads; }

const ck_kernels *ck_dispatch(void) { return atomic_load_explicit(&state.kernels, memory_order_relaxed); }

const char *ck_cpu_name(void) { return ck_dispatch()->name; }

/// Chooses the instruction set and the number of threads. A team waits for the next loop of a run for a millisecond,
/// and sleeps then; LLVM's OpenMP would spin for 200.
__attribute__((constructor)) static void start(void) {
  ck_force_isa(CK_ISA_AVX512);
  if (kmp_set_defaults && !getenv("KMP_BLOCKTIME"))
    kmp_set_defaults("KMP_BLOCKTIME=1");
  state.default_threads = omp_get_max_threads();
}

void ck_parallel(int64_t tasks, int64_t cost, ck_task *run, void *context) {
  int threads = ck_threads();
  if (tasks < 2 || threads < 2 || cost < minimum_parallel_cost || omp_in_parallel()) {
    for (int64_t task = 0; task < tasks; task++)
      run(context, task, 0);
    return;
  }
  // Tasks are handed out by a counter: the code that clang 21 emits for schedule(dynamic) needs a newer libomp than 14.
  _Atomic int64_t next = 0;
  ck_team *team = ck_team_begin(threads);
#pragma omp parallel num_threads(threads)
  {
    int slot = omp_get_thread_num();
    ck_team_enter(team, slot);
    for (;;) {
      int64_t task = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
      if (task >= tasks)
        break;
      run(context, task, slot);
    }
  }
  ck_team_end(team);
}

typedef struct range_loop {
  int64_t n, chunk;
  ck_range *run;
  void *context;
} range_loop;

static void run_chunk(void *context, int64_t task, int slot) {
  (void)slot;
  const range_loop *loop = context;
  int64_t begin = task * loop->chunk;
  loop->run(loop->context, begin, ck_min_i64(begin + loop->chunk, loop->n));
}

void ck_parallel_range(int64_t n, int64_t cost, ck_range *run, void *context) {
  range_loop loop = {n, ck_max_i64(1, range_chunk / ck_max_i64(1, cost)), run, context};
  ck_parallel(ck_ceil_div(n, loop.chunk), n * cost, run_chunk, &loop);
}
