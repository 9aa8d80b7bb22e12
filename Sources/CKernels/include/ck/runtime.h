/// Threads and instruction sets.
#ifndef CK_RUNTIME_H
#define CK_RUNTIME_H

/// Sets how many OpenMP threads the kernels use; anything below 1 means all that OpenMP offers.
void ck_set_threads(int threads);

/// The number of threads in use, which is also the number of scratch slots that `_scratch(…, threads)` functions ask
/// for.
int ck_threads(void);

/// Instruction sets for which kernels are compiled, worst first.
typedef enum ck_isa { CK_ISA_PLAIN = 0, CK_ISA_AVX2 = 1 } ck_isa;

/// Uses at most the given instruction set (tests compare them); returns the one in force, never better than the CPU
/// has. Not to be called while kernels run.
ck_isa ck_force_isa(ck_isa level);

/// The name of the instruction set in force: "avx2+fma" or "plain".
const char *ck_cpu_name(void);

#endif
