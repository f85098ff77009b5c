"""Score runs on images again, each in a clean process in a copy of this folder, and print which
scores and which lines of the leaderboard differ from those on file."""

import argparse
import math
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas

from scorefield.command import ended
from scorefield.core.errors import InputError
from scorefield.leaderboard.binding import locked, unbound
from scorefield.leaderboard.rules import ranks
from scorefield.leaderboard.working_copy import copy_project
from scorefield.pipeline import params
from scorefield.pipeline.commits import git
from scorefield.pipeline.dvc_hash import dvc_hash
from scorefield.pipeline.files import load_json, load_table
from scorefield.pipeline.sandbox import Limits, run_apart

NEAR = 1e-3  # relative difference of figures that another machine may make
TABLE = "metrics/leaderboard.csv"
CODE = ("src", "stages", "params.yaml", "dvc.yaml")
Figures = dict[str, Any]


def scored_again(name: str) -> Figures:
    """The figures of a run, by the stage `evaluate` in a copy of this folder. Raises InputError
    where it fails."""
    spec = params.run(name)
    data = Path("data", f"{spec['data']}.safetensors")
    parts = [Path("models", spec["evaluator"]), Path("samples", f"{name}.safetensors")]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        copy_project(place, parts)
        (place / "data").mkdir()
        shutil.copy(data, place / data)
        done = run_apart(["python", "stages/evaluate.py", name], place, Limits())
        file = place / f"metrics/runs/{name}.json"
        if done.problem or not file.exists():
            last = done.said.strip().splitlines()[-1:]
            raise InputError(f"{name}: not scored again, {done.problem}; {' '.join(last)}")
        found: Figures = load_json(file)
    return found


def differing(kept: Figures, again: Figures) -> list[str]:
    """The keys whose values differ, with both."""

    def same(a: Any, b: Any) -> bool:
        numbers = isinstance(a, float | int) and isinstance(b, float | int)
        return math.isclose(a, b, rel_tol=NEAR, abs_tol=1e-6) if numbers else a == b

    keys = sorted({*kept} | {*again})
    pairs = [(key, kept.get(key), again.get(key)) for key in keys]
    return [f"{key} {a}, again {b}" for key, a, b in pairs if not same(a, b)]


def table_problems(found: dict[str, Figures]) -> list[str]:
    """What differs between the leaderboard on file and the scores."""
    other = locked().get(TABLE) != dvc_hash(TABLE)
    wrong, table = [f"{TABLE} is not the file that dvc.lock names"] * other, load_table(TABLE)
    for line in table[table["run"].isin(found) & table["fid"].notna()].itertuples():
        told = {"fid": line.fid, "fid_low": line.fid_low, "fid_high": line.fid_high}
        own = {key: found[line.run][key] for key in told}
        wrong += [f"{TABLE}: {line.run}: {each}" for each in differing(told, own)]
    return wrong + rank_problems(table)


def rank_problems(table: pandas.DataFrame) -> list[str]:
    """Ranks that do not follow from the intervals in the table."""
    wrong = []
    for _, group in table[table["rank"].notna()].groupby("data"):
        expected = ranks([*group["fid_low"]], [*group["fid_high"]])
        for run, rank, right in zip(group["run"], group["rank"], expected, strict=True):
            wrong += [f"{TABLE}: {run}: rank {rank:.0f}, expected {right}"] * (rank != right)
    return wrong


def chosen(names: list[str], few: int) -> list[str]:
    """The runs on images of these names, or all; at most `few`, drawn by chance, if that is not 0.
    Raises InputError for another name."""
    scored = [run for run in params.runs() if Path(f"metrics/runs/{run}.json").exists()]
    known = [run for run in scored if "fid" in load_json(f"metrics/runs/{run}.json")]
    if unknown := sorted({*names} - {*known}):
        raise InputError(f"{unknown[0]}: no scored run on images; known: {', '.join(known)}")
    found = names or known
    return random.sample(found, min(few, len(found))) if few else found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", help="the runs to score; all without a name")
    parser.add_argument("--few", type=int, default=0, help="only so many, drawn by chance")
    given = parser.parse_args()
    if changed := git("status", "--porcelain", "--", *CODE):
        print(f"note: edited since the last commit: {', '.join(changed.split()[1::2])}")
    wrong, found = 0, {}
    for name in chosen(given.runs, given.few):
        kept = load_json(f"metrics/runs/{name}.json")
        found[name] = scored_again(name)
        problems = [each for each in (unbound(name, kept),) if each]
        problems += differing(kept, found[name])
        wrong += bool(problems)
        print(f"{name}: {'; '.join(problems) or 'the same'}", flush=True)
    lines = table_problems(found)
    print("\n".join(lines) or f"{TABLE}: the same")
    if wrong or lines:
        raise InputError(
            f"{wrong} of {len(found)} runs differ, and {len(lines)} lines of the table"
        )


if __name__ == "__main__":
    sys.excepthook = ended
    main()
