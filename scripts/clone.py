"""A clone of the last commit, in which experiments run for hours beside the project: they go on
from where they were stopped, and the processor time of all of them counts."""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

from scorefield.core.errors import InputError
from scorefield.pipeline.files import load_json, save_json

HOURS = Path(".scratch/hours.json")


def clone_of(kind: str, name: str) -> Path:
    """The clone of the last commit in .scratch/<kind>/<name>, made if there is none."""
    clone = Path(".scratch", kind, name)
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", ".", clone], check=True)
    return clone


def profile(kind: str, name: str) -> list[str]:
    """The lines of profiles/<kind>-<name>.txt, arguments of `dvc exp run`. Raises InputError where
    there is no such file."""
    file = Path("profiles", f"{kind}-{name}.txt")
    if not file.exists():
        found = sorted(Path("profiles").glob(f"{kind}-*.txt"))
        known = [path.stem.removeprefix(f"{kind}-") for path in found]
        raise InputError(f"{file}: not found; there are {', '.join(known)}")
    return file.read_text().splitlines()


def experiment(clone: Path, arguments: list[str], *targets: str) -> None:
    """Run stages of the clone and what they need, with changed parameters. Raises InputError where
    one fails."""
    subprocess.run(["git", "checkout", "-q", "params.yaml"], cwd=clone, check=True)
    command = [sys.executable, "-m", "dvc", "exp", "run", *arguments, *targets]
    own = {key: value for key, value in os.environ.items() if not key.startswith("DVC_")}
    if subprocess.run(command, cwd=clone, env=own | {"PYTHONPATH": "src"}).returncode:
        raise InputError(
            f"{', '.join(targets)}: failed in {clone}; the same command goes on from there"
        )


@contextlib.contextmanager
def counted_hours(clone: Path) -> Iterator[None]:
    """Add the processor time of what is run to the hours of what ran in the clone before."""
    start = spent()
    try:
        yield
    finally:
        save_json(clone / HOURS, hours(clone) + (spent() - start) / 3600)


def spent() -> float:
    """Seconds of processor time of all processes that this one has run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def hours(clone: Path) -> float:
    """The hours of processor time that were counted in a clone."""
    return float(load_json(clone / HOURS)) if (clone / HOURS).exists() else 0.0


def revision(clone: Path) -> str:
    """The commit of a clone."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=clone, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def hardware() -> str:
    """The processor, or the GPU, in words."""
    if torch.cuda.is_available():
        return f"1 GPU, {torch.cuda.get_device_name()}"
    threads = int(os.environ.get("OMP_NUM_THREADS", psutil.cpu_count() or 1))
    lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(": ")[1] for line in lines.splitlines() if line.startswith("model name")]
    tiles = ", with AMX" if "amx_bf16" in lines else ""
    share = "1 thread" if threads == 1 else f"{threads} threads"
    return f"{share} of {names[0] if names else 'a CPU'}{tiles}"
