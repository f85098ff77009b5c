"""Submissions to a contest: each is read, checked, and drawn in a process of its own."""

import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.guidance.submitted_samples import checked
from scorefield.leaderboard.entering import models_and_runs, refuse, with_entry
from scorefield.leaderboard.entry import PLACE, Entry, contest, read_entry
from scorefield.leaderboard.entry_checks import check
from scorefield.leaderboard.foreign import check_samples
from scorefield.leaderboard.rules import SAMPLES, networks
from scorefield.leaderboard.working_copy import copy_project, needed, put_entry
from scorefield.pipeline.files import load_tensors, to_bytes
from scorefield.pipeline.sandbox import Limits, run_apart

REPORTS = ("report.md", "report.pdf")
AGAIN = "again.safetensors"  # the first samples, drawn a second time


@dataclass(frozen=True)
class Rules:
    """How submissions are drawn: the number of samples, and the limits of each."""

    samples: int = SAMPLES
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, eq=False)
class Submission:
    """What came of a folder: why it is refused, nothing where it is not; its samples (n, C, H, W)
    as bytes; whether the same come when they are drawn again, None where nothing can be drawn; the
    networks that it brings, the data of its models, the words of its report, and the seconds."""

    name: str
    refused: str = ""
    samples: Tensor | None = None
    same_again: bool | None = None
    networks: tuple[str, ...] = ()
    known_data: tuple[str, ...] = ()
    report: str = ""
    seconds: float = 0.0


def submission(folder: Path, rules: Rules, work: Path) -> Submission:
    """Draw the samples of a submission, in a copy below `work`. Whatever is wrong with it is told
    in the result and stops nothing."""
    start, found = time.monotonic(), Submission(folder.name)
    try:
        found = drawn(folder, rules, work / folder.name)
    except InputError as error:
        found = Submission(folder.name, refused="; ".join(re.split(r"\n(?:error: )?", str(error))))
    except Exception as error:  # of a kind that nobody foresaw: the others go on
        found = Submission(folder.name, refused=f"{type(error).__name__}: {error}"[:300])
    finally:
        shutil.rmtree(work / folder.name, ignore_errors=True)
    told = {"report": report_of(folder), "seconds": time.monotonic() - start}
    return Submission(**{**vars(found), **told})


def report_of(folder: Path) -> str:
    """The report of a submission in a few words; nothing where there is none."""
    for name in REPORTS:
        file = folder / name
        if file.is_file() and not (file.is_symlink() or folder.is_symlink()):
            words = len(file.read_bytes().split())
            return f"{name}, {words} words" if file.suffix == ".md" else name
    return ""


def drawn(folder: Path, rules: Rules, place: Path) -> Submission:
    """`submission`, which raises InputError for what is wrong."""
    entry, present = read_entry(folder, rules.samples), YAML().load(Path("params.yaml"))
    check(entry, present)
    spec = run_of(entry, rules.samples)
    if spec["guidance"] == "submitted_samples":
        shape = load_tensors(f"data/{spec['data']}.safetensors")["test"].shape[1:]
        samples = checked(folder / "samples.safetensors", tuple(shape), rules.samples)
        return Submission(entry.name, samples=to_bytes(samples))
    content = with_entry(entry, present)
    known = YAML(typ="safe").load(content)
    for name in set(networks(spec)) - {*entry.added.get("models", {})}:
        if name in known["models"] and not Path("models", name).is_dir():
            raise InputError(f"models/{name}: not found; `dvc repro` or `dvc pull` makes it")
    copy_project(place, needed(known, models_and_runs(entry)))
    shutil.copytree(folder, place / PLACE / entry.name, dirs_exist_ok=True)
    put_entry(place, content, entry.code)
    command = ["python", "stages/dry_run.py", entry.name, "draw"]
    refuse(run_apart(command, place, rules.limits), entry.name)
    return taken(entry, spec, known, rules, place)


def run_of(entry: Entry, samples: int) -> dict[str, Any]:
    """The run of an entry. Raises InputError unless it is on the data of the contest and has the
    number of samples."""
    runs = [entry.added.get(table, {}).get(entry.name) for table in ("runs", "runs_with_guide")]
    spec = next((run for run in runs if isinstance(run, dict)), {})
    wanted = {"data": contest()["data"], "evaluator": contest()["evaluator"], "n": samples}
    for key, value in wanted.items():
        if spec.get(key) != value:
            raise InputError(f"runs.{entry.name}.{key}: expected {value}, found {spec.get(key)}")
    for key in ("model", "guidance", "sampler"):
        if not isinstance(spec.get(key), str):
            raise InputError(f"runs.{entry.name}.{key}: missing")
    return spec


def taken(
    entry: Entry, spec: dict[str, Any], known: dict[str, Any], rules: Rules, place: Path
) -> Submission:
    """The samples that the process of a submission wrote. Raises InputError for others."""
    file, again = place / f"samples/{entry.name}.safetensors", place / AGAIN
    for each in (file, again):
        if each.is_symlink() or not each.is_file():
            raise InputError(f"{entry.name}: its process ended before its samples were drawn")
    check_samples(file)
    samples, second = load_tensors(file)["samples"], load_tensors(again)["samples"]
    shape = (rules.samples, *load_tensors(f"data/{spec['data']}.safetensors")["test"].shape[1:])
    if tuple(samples.shape) != shape:
        raise InputError(f"{entry.name}: expected samples {[*shape]}, found {[*samples.shape]}")
    own = tuple(path.name for path in entry.code if path.parent.name == "nets")
    data = {known["models"][name]["data"] for name in networks(spec) if name in known["models"]}
    same = torch.equal(samples[: len(second)], second)
    return Submission(
        entry.name,
        samples=to_bytes(samples.clone()),
        same_again=same,
        networks=own,
        known_data=tuple(sorted(data)),
    )
