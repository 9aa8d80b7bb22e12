#define _GNU_SOURCE
#include "team.h"
#include <stdbool.h>
#include <stddef.h>

#if defined(__linux__)
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
  most_members = 256,
  asleep_after = 8, // milliseconds: far more than a team waits awake for its next loop
};

struct ck_team {
  /// The system's names of the members by slot; 0 where none has been met.
  _Atomic(pid_t) members[most_members];
  /// Slots below this have a processor of their own for the moment; 0 for none.
  int placed;
  /// Where members may run.
  cpu_set_t allowed;
  /// When the last loop ended; 0 before the first.
  int64_t last;
  pid_t process;
};

static _Thread_local ck_team own;

static int64_t milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// Whether the user has said where threads belong.
static bool is_bound(void) {
  return getenv("OMP_PROC_BIND") || getenv("OMP_PLACES") || getenv("KMP_AFFINITY") || getenv("GOMP_CPU_AFFINITY");
}

static void send(ck_team *team, int slot, const cpu_set_t *where) {
  pid_t member = atomic_load_explicit(&team->members[slot], memory_order_relaxed);
  if (member != 0)
    sched_setaffinity(member, sizeof *where, where);
}

/// Sends every member to the next processor that the caller may use, its own left out.
static void place(ck_team *team, int threads) {
  int here = sched_getcpu();
  if (here < 0 || is_bound() || sched_getaffinity(0, sizeof team->allowed, &team->allowed) != 0)
    return;
  if (CPU_COUNT(&team->allowed) < threads || !CPU_ISSET(here, &team->allowed))
    return;
  team->placed = threads < most_members ? threads : most_members;
  int next = here;
  for (int slot = 1; slot < team->placed; slot++) {
    do
      next = (next + 1) % CPU_SETSIZE;
    while (!CPU_ISSET(next, &team->allowed));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(next, &one);
    send(team, slot, &one);
  }
}

ck_team *ck_team_begin(int threads) {
  ck_team *team = &own;
  if (team->last != 0 && milliseconds() - team->last >= asleep_after && team->process == getpid())
    place(team, threads);
  return team;
}

void ck_team_enter(ck_team *team, int slot) {
  static _Thread_local pid_t self;
  if (self == 0)
    self = gettid();
  if (slot < most_members)
    atomic_store_explicit(&team->members[slot], self, memory_order_relaxed);
}

void ck_team_end(ck_team *team) {
  for (int slot = 1; slot < team->placed; slot++)
    send(team, slot, &team->allowed);
  team->placed = 0;
  if (team->last == 0)
    team->process = getpid();
  team->last = milliseconds();
}
#else
ck_team *ck_team_begin(int threads) { return (void)threads, NULL; }
void ck_team_enter(ck_team *team, int slot) { (void)team, (void)slot; }
void ck_team_end(ck_team *team) { (void)team; }
#endif
