"""Runs a program on one hostile file under limits, and judges what it did."""

import dataclasses
import os
import pathlib
import resource
import shlex
import shutil
import signal
import subprocess
import time

MEMORY = 2 << 30
SECONDS = 5.0
BEFORE = b"what lay here before"

REFUSED, FINE, EITHER = "refused", "fine", "either"


@dataclasses.dataclass
class Case:
    """One run: `words` are the command's, with OUT for a fresh folder in which `outputs` lie already."""

    kind: str
    name: str
    words: list
    # What an error has to mention; empty where the input has no name, as standard input.
    file: str = ""
    expect: str = EITHER
    outputs: tuple = ()
    # A file for standard input.
    stdin: str = os.devnull
    memory: int = MEMORY
    seconds: float = SECONDS


@dataclasses.dataclass
class Verdict:
    """What came of a case: `findings` are empty where it did as it should."""

    status: int
    seconds: float
    findings: list
    said: str


def _limits(memory):
    def apply():
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))

    return apply


def _cpu():
    """CPU time of what was run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(program, case, words, patience):
    """Exit status (negative for a signal, None past the time), and what was said on standard error."""
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", OMP_NUM_THREADS="2")
    with open(case.stdin, "rb") as stdin:
        process = subprocess.Popen(
            [program, *words],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            preexec_fn=_limits(case.memory),
        )
    try:
        _, said = process.communicate(timeout=patience)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        _, said = process.communicate()
        return None, said


def _judge_outputs(case, status, out):
    """What is wrong with the folder of outputs."""
    findings = []
    for name in case.outputs:
        path = out / name
        if not path.is_file():
            findings.append(f"{name} is gone")
        elif status == 0 and path.read_bytes() == BEFORE:
            findings.append(f"{name} was not written")
        elif status != 0 and path.read_bytes() != BEFORE:
            findings.append(f"{name} was touched")
    if status != 0:
        findings += [f"{path.name} was left" for path in out.iterdir() if path.name not in case.outputs]
    return findings


def judge(program, case, folder):
    """Runs a case in a fresh folder of outputs."""
    out = pathlib.Path(folder) / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    for name in case.outputs:
        (out / name).write_bytes(BEFORE)
    words = [str(word).replace("OUT", str(out)) for word in case.words]
    began, cpu = time.monotonic(), _cpu()
    status, raw = _run(program, case, words, case.seconds)
    if status is None and _cpu() - cpu < case.seconds / 2:
        # It waited: for something that never comes, or because other work keeps the machine busy.
        began, cpu = time.monotonic(), _cpu()
        status, raw = _run(program, case, words, 4 * case.seconds)
        seconds = _cpu() - cpu
    else:
        seconds = time.monotonic() - began
    said = raw.decode("utf-8", "replace")
    findings = []
    if status is None:
        findings.append(f"took more than {case.seconds:g} s")
    elif status < 0:
        findings.append(f"died of {signal.Signals(-status).name}")
    elif status not in (0, 1, 64):
        findings.append(f"left with {status}")
    elif status == 0 and case.expect == REFUSED:
        findings.append("was taken")
    elif status != 0 and case.expect == FINE:
        findings.append("was refused")
    if status == 1:
        lines = said.rstrip("\n").split("\n")
        if len(lines) != 1 or not lines[0]:
            findings.append(f"said {len(lines)} lines")
        if len(raw) > 6000:
            findings.append(f"said {len(raw)} bytes")
        if case.file and case.file not in said:
            findings.append("named no file")
    if status is not None:
        findings += _judge_outputs(case, status, out)
    return Verdict(status, seconds, findings, said)


def line(program, case):
    """The command, to be repeated by hand."""
    stdin = f" <{case.stdin}" if case.stdin != os.devnull else ""
    words = shlex.join([str(program), *(str(word)[:200] for word in case.words)])
    return f"(ulimit -v {case.memory >> 10}; {words}{stdin})"
