"""Run what is not up to date, as `dvc repro` does, with several stages side by side and the time
that is left, from what the stages took here before, or else where the results in git were made.
Each stage writes its output to .scratch/logs. Ctrl-C ends the stages that run; a training goes on
from its last checkpoint at the next start."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.graph import Needs, ancestors, followers, lock_order, read_graph, sort_lock, status
from scripts.mend import mend
from scripts.shipped import edited, shipped_stages

from scorefield.command import ended
from scorefield.pipeline.progress import durations, remaining, spoken

LOGS = Path(".scratch/logs")
USUAL = Path("scripts/durations.json")  # seconds of each stage, written by `make capture`
SHOWN = 200  # lines of a failed stage's output, at most
PATIENCE = 60  # seconds that a stage has to end after Ctrl-C


@dataclass
class Job:
    """A stage that runs, in a process group of its own."""

    stage: str
    process: subprocess.Popen[bytes]
    start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start


@dataclass
class Drive:
    """The stages that wait, and the jobs that run. A stage that is not known to have changed is
    looked at when everything before it is done. Those of shipped models and exact laws are left
    out if nobody edited what they depend on, though their data may be missing."""

    needs: Needs
    known: dict[str, float]  # seconds
    workers: int
    sure: set[str]  # changed by themselves
    waiting: list[str]
    shipped: set[str]  # that use shipped models and exact laws alone
    jobs: list[Job] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    ran: int = 0

    def __post_init__(self) -> None:
        self.total = len(self.waiting)

    @cached_property
    def tails(self) -> dict[str, float]:
        """The seconds from the start of a stage to the end of the longest chain that follows it."""
        found: dict[str, float] = dict.fromkeys(self.needs, 0.0)
        for stage in reversed(self.needs):
            found[stage] += self.known.get(stage, 1.0)
            for before in self.needs[stage]:
                found[before] = max(found[before], found[stage])
        return found

    def ready(self) -> list[str]:
        """What can start now, the longest tail first."""
        while True:
            open_ = {*self.waiting, *(job.stage for job in self.jobs)}
            free = [stage for stage in self.waiting if self.needs[stage].isdisjoint(open_)]
            unsure = set(free) - self.sure
            if not unsure:
                return sorted(free, key=lambda stage: -self.tails[stage])
            self.look(unsure)

    def look(self, unsure: set[str]) -> None:
        """See which stages have to run; the others wait no longer."""
        found = status(unsure)
        spared = {
            stage for stage, why in found.items() if stage in self.shipped and not edited(why)
        }
        wanted = found.keys() - spared
        missing = ancestors(self.needs, wanted & self.shipped) & self.left_out
        self.left_out = (self.left_out | spared) - missing
        self.sure |= wanted | missing
        rest = [each for each in self.waiting if each not in unsure - wanted]
        self.waiting = [stage for stage in self.needs if stage in missing or stage in rest]

    def left(self) -> str:
        """How long it will take, in words."""
        running = {job.stage: job.seconds for job in self.jobs}
        known = {
            stage: max(0.0, seconds - running.get(stage, 0.0))
            for stage, seconds in self.known.items()
        }
        due = [each for each in self.waiting if each in self.sure or each not in self.shipped]
        return remaining([*running, *due], known, self.workers)

    def begin(self, stage: str) -> None:
        number = self.total - len(self.waiting) + 1
        before = self.known.get(stage)
        last = f" (usually {spoken(before)})" if before else ""
        say(f"stage {number} of {self.total}, {self.left()}: {stage}{last}")
        self.waiting.remove(stage)
        self.jobs.append(started(stage, self.workers))
        self.ran += 1

    def ended(self) -> list[Job]:
        """The jobs that have ended since the last look."""
        over = [job for job in self.jobs if job.process.poll() is not None]
        self.jobs = [job for job in self.jobs if job not in over]
        return over

    def run(self) -> list[str]:
        """Run everything; the stages that failed. After a failure nothing new begins."""
        failed: list[str] = []
        while self.jobs or (self.waiting and not failed):
            for job in self.ended():
                if job.process.returncode:
                    failed.append(job.stage)
                    show_failure(job.stage)
                else:
                    say(f"{job.stage}: done in {spoken(job.seconds)}")
            if not failed and len(self.jobs) < self.workers:
                for stage in self.ready()[: self.workers - len(self.jobs)]:
                    self.begin(stage)
            time.sleep(0.1)
        return failed

    def stop(self) -> None:
        """End the jobs as Ctrl-C does, and those that do not listen by force."""
        for job in self.jobs:
            signalled(job, signal.SIGINT)
        for job in self.jobs:
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                job.process.wait(PATIENCE)
            signalled(job, signal.SIGKILL)


def signalled(job: Job, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(job.process.pid, number)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def started(stage: str, workers: int) -> Job:
    """A stage on its way, on its share of the cores, with its output in a log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    threads = {"OMP_NUM_THREADS": str(max(1, cores() // workers))} if workers > 1 else {}
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage]
    with (LOGS / f"{stage}.log").open("wb") as log:
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        given |= {"env": threads | os.environ, "start_new_session": True}
        return Job(stage, subprocess.Popen(command, **given))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def show_failure(stage: str) -> None:
    """Print what a failed stage printed, without what its progress bars wrote over."""
    file = LOGS / f"{stage}.log"
    lines = [line.rpartition("\r")[2] for line in file.read_text(errors="replace").split("\n")]
    say(f"{stage} failed; this is the end of {file}:")
    print("\n".join(lines[-SHOWN:]), flush=True)
    say("nothing new begins; what runs already is waited for")


def usual() -> dict[str, float]:
    """The seconds that each stage took here, or else where the results in git were made."""
    return (json.loads(USUAL.read_text()) if USUAL.exists() else {}) | durations()


def drive(workers: int, everything: bool) -> int:
    """Run what has to run; the exit status."""
    for line in mend():
        say(line)
    needs, order, start = read_graph(), lock_order(), time.monotonic()
    found, shipped = status(), set() if everything else shipped_stages()
    sure = found.keys() - shipped
    work = Drive(needs, usual(), workers, sure, followers(needs, {*found}), shipped)
    try:
        failed = work.run()
    except BaseException:
        work.stop()
        raise
    finally:
        sort_lock(order, needs)
    if failed:
        say(f"failed: {', '.join(failed)}; not run: {len(work.waiting)} more")
        return 1
    tell(work, spoken(time.monotonic() - start))
    return 0


def tell(work: Drive, took: str) -> None:
    """Say what was done, and what was left out."""
    total, left = len(work.needs), len(work.left_out)
    ran = f"ran {work.ran} of {total} stages in {took}; {total - work.ran - left} were up to date"
    say(ran if work.ran else "up to date: nothing had to run")
    if left:
        say(f"left out {left} stages of shipped models and exact laws, whose results are in git:")
        say("`make repro ALL=1` runs them too, and so does DVC without --allow-missing")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    usual = min(2, cores())
    told = f"stages side by side (here {usual} unless given)"
    parser.add_argument("--jobs", "-j", type=int, default=usual, metavar="N", help=told)
    told = "also stages of shipped models and exact laws, whose results come with the project"
    parser.add_argument("--all", "-a", action="store_true", dest="everything", help=told)
    given = parser.parse_args()
    if given.jobs < 1:
        parser.error(f"argument --jobs/-j: expected at least 1, found {given.jobs}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        sys.exit(drive(given.jobs, given.everything))
    except KeyboardInterrupt:
        say("interrupted; what had been finished is kept")
        sys.exit(130)


if __name__ == "__main__":
    sys.excepthook = ended
    main()
