"""Run a long study and write studies/NAME: figures, tables, pictures and a card.

Needs profiles/study-NAME.txt, arguments of `dvc exp run` that add entries to params.yaml; each
entry of a study is run and its results are copied. All runs in .scratch/studies/NAME, a clone of
the last commit; after a stop the same command goes on from there."""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.clone import clone_of, counted_hours, experiment, hardware, hours, profile, revision

from scorefield.command import ended
from scorefield.core.errors import InputError
from scorefield.experiments.claims import STUDIES
from scorefield.pipeline.files import save_json
from scorefield.pipeline.outputs import filled, stages
from scorefield.pipeline.params import read

Entries = dict[str, list[str]]  # the names of entries, by their table
CHART = re.compile(r"plots/.*[.]csv")  # the rows of a chart of DVC, which metrics have too
ADDED = re.compile(r"\+(\w+)\.([\w-]+)={")


def words_of(name: str) -> list[str]:
    """The arguments of `dvc exp run` of a study."""
    return [word for line in profile("study", name) for word in line.split()]


def added(words: list[str]) -> Entries:
    """The entries that arguments of `dvc exp run` add, as +TABLE.NAME=ENTRY."""
    found: Entries = {}
    for table, name in ADDED.findall("\n".join(words)):
        found.setdefault(table, []).append(name)
    return found


def shown(entries: Entries, pipeline: str = "dvc.yaml") -> Iterator[tuple[str, list[str]]]:
    """The stages that put figures of entries into files, and these files: metrics and pictures."""
    for stage, spec in stages(pipeline).items():
        table = str(spec.get("foreach", "")).strip("${}")
        for name in entries.get(table, ()):
            outs = [next(iter(out)) for out in spec["do"]["outs"] if isinstance(out, dict)]
            if any(out.startswith("metrics/") for out in outs):
                kept = [out for out in outs if not CHART.fullmatch(out)]
                yield f"{stage}@{name}", [filled(out, name, {}) for out in kept]


def copy_results(clone: Path, outs: list[str], folder: Path) -> None:
    """Copy metrics, and the pictures among plots, into one folder."""
    for out in outs:
        source = clone / out
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in files:
            if file.suffix in (".png", ".svg") or out.startswith("metrics/"):
                shutil.copy(file, folder / file.name)


def card(clone: Path, name: str, words: list[str]) -> dict[str, Any]:
    """How a study was made: command, commit, hours of processor time, hardware, and the entries of
    params.yaml that differ from that commit."""
    before, now = read("params.yaml"), read(str(clone / "params.yaml"))
    differ = {
        f"{table}.{entry}": now[table][entry]
        for table in now
        for entry in now[table] or ()
        if (before.get(table) or {}).get(entry) != now[table][entry]
    }
    return {
        "name": name,
        "command": f"make study NAME={name}",
        "revision": revision(clone),
        "hours": hours(clone),
        "hardware": hardware(),
        "params": differ,
        "entries": added(words),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a study, such as dddm-points")
    name = parser.parse_args().name
    words = words_of(name)
    wanted, clone = dict(shown(added(words))), clone_of("studies", name)
    if not wanted:
        raise InputError(f"profiles/study-{name}.txt: it adds no entry of a study")
    with counted_hours(clone):
        experiment(clone, words, *wanted)
    folder = STUDIES / name
    folder.mkdir(parents=True, exist_ok=True)
    for outs in wanted.values():
        copy_results(clone, outs, folder)
    save_json(folder / "card.json", card(clone, name, words))
    print(f"{folder}: {hours(clone):.2f} hours of processor time")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
