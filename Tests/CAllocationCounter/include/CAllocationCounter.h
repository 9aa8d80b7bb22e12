#pragma once

/// Counts every heap allocation of the process, on all threads, from now on.
void allocation_counter_start(void);

/// Stops counting; the number of calls of malloc and its kin since the start.
long allocation_counter_stop(void);
