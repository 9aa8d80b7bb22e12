/// Threads and instruction sets.
#ifndef CK_RUNTIME_H
#define CK_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

/// Sets how many OpenMP threads the kernels use that are called from this thread; anything below 1 means as many as
/// OpenMP offered at start-up, which is also what threads have that never called this.
void ck_set_threads(int threads);

/// The number of threads that kernels called from this thread use: no more scratch slots than that are touched.
int ck_threads(void);

/// Instruction sets for which kernels are compiled, worst first.
typedef enum ck_isa { CK_ISA_PLAIN = 0, CK_ISA_AVX2 = 1, CK_ISA_AVX512 = 2 } ck_isa;

/// Uses at most the given instruction set (tests compare them); returns the one in force, never better than the CPU
/// has. Not to be called while kernels run.
ck_isa ck_force_isa(ck_isa level);

/// The name of the instruction set in force: "avx512", "avx2+fma" or "plain".
const char *ck_cpu_name(void);

/// Multiplies and adds in registers alone, `rounds` times on every thread, and returns the floating-point operations
/// done: no kernel does more of them in the time that this takes.
int64_t ck_multiply_add_probe(int64_t rounds);

/// Reads x [n] once on all threads; whether any of its stretches has another sum than 0.
bool ck_read_probe(const float *x, int64_t n);

#endif
