"""How long the stages of the pipeline took last time, and so how long the rest will take."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partialmethod
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from tqdm import tqdm

SLOW = 30.0  # seconds between two lines of a bar where no terminal shows it
Durations = dict[str, float]  # seconds by the name of a stage


def place() -> Path:
    """The file of durations, of the repository that DVC was started in."""
    return Path(os.environ.get("DVC_ROOT", "."), ".scratch", "durations.json")


def durations() -> Durations:
    """The seconds that each stage took when it last ran to its end; nothing where none is known."""
    return {stage: float(entry["seconds"]) for stage, entry in entries().items()}


def entries() -> dict[str, dict[str, float]]:
    """What is kept of each stage: when it began, in seconds since 1970, and its seconds."""
    try:
        found = json.loads(place().read_text())
    except (OSError, ValueError):
        return {}
    kept = found.items() if isinstance(found, dict) else ()
    return {name: each for name, each in kept if isinstance(each, dict) and "seconds" in each}


def record(stage: str, start: float, seconds: float) -> None:
    """Keep what a stage took. Where that cannot be written nothing happens: no stage fails here."""
    file = place()
    beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with suppress(OSError, Timeout):
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock", timeout=5):
            kept = entries() | {stage: {"start": round(start), "seconds": round(seconds, 1)}}
            beside.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
            beside.replace(file)


@contextmanager
def timed() -> Iterator[None]:
    """Say what the stage that runs took last time, and keep what it takes now; outside DVC, and on
    other ranks than the first, nothing is said or kept."""
    if not sys.stderr.isatty():
        bars_every(SLOW)
    stage = os.environ.get("DVC_STAGE", "")
    if not stage or int(os.environ.get("RANK", "0")) > 0:
        yield
        return
    start = psutil.Process().create_time()  # imports take seconds and count
    if before := durations().get(stage):
        print(f"[{stage}] took {spoken(before)} last time", flush=True)
    yield
    record(stage, start, time.time() - start)


def bars_every(seconds: float) -> None:
    """Let progress bars that are made from now on write no more often than that."""
    slow = partialmethod(tqdm.__init__, mininterval=seconds, maxinterval=seconds)
    tqdm.__init__ = slow  # type: ignore[method-assign, assignment]


def spoken(seconds: float) -> str:
    """Such as "8 s", "2 min 5 s", "21 min", "1 h 4 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def remaining(stages: Iterable[str], known: Durations, workers: int = 1) -> str:
    """How long stages will take, in words, from what they took before, shared out over so many
    workers: the sum for one worker."""
    times = [known.get(stage) for stage in stages]
    told = [each for each in times if each is not None]
    if not told:
        return "no estimate yet"
    left = max(max(told), sum(told) / workers)
    return f"{'about' if len(told) == len(times) else 'at least'} {spoken(left)} left"
