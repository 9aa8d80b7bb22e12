#pragma once

/// The threads that a thread's parallel loops run on, and where they wake up.
///
/// A team that has slept for some hundredths of a second is woken by its first thread, and Linux may put the others on
/// that thread's own processor, where they wait for a tick of its clock or two: milliseconds in which other cores idle.
/// Each is therefore sent to a processor of its own before it wakes, and may go anywhere again behind the loop that
/// woke it. Where the user has bound threads (OMP_PROC_BIND, KMP_AFFINITY, …), they stay as they are.
typedef struct ck_team ck_team;

/// Before a parallel loop of the calling thread.
ck_team *ck_team_begin(int threads);

/// On every thread of the loop, first of all.
void ck_team_enter(ck_team *team, int slot);

/// Behind the loop.
void ck_team_end(ck_team *team);
