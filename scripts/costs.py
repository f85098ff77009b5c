"""Print what the stages of the pipeline took when they last ran, and what each is for: those of one
kind together, the dearest first, with their dearest entries."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from scorefield.command import ended
from scorefield.pipeline.progress import Durations, durations

SHOWN = 4  # entries of a stage


def by_stage(took: Durations) -> dict[str, Durations]:
    """The seconds of the entries of each stage, the dearest stage and entry first."""
    found: dict[str, Durations] = {}
    for name, seconds in sorted(took.items(), key=lambda item: -item[1]):
        stage, _, entry = name.partition("@")
        found.setdefault(stage, {})[entry] = seconds
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))


def table(took: Durations, purposes: dict[str, str]) -> Table:
    """The table, with the share of each stage in all seconds."""
    drawn, total = Table(box=None, header_style="bold"), sum(took.values())
    for title in ("stage", "entries", "seconds", "share"):
        drawn.add_column(title, justify="left" if title == "stage" else "right")
    for title in ("purpose", "dearest entries (seconds)"):
        drawn.add_column(title)
    for stage, entries in by_stage(took).items():
        seconds = sum(entries.values())
        dearest = [f"{name} {each:.0f}" for name, each in [*entries.items()][:SHOWN] if name]
        numbers = [str(len(entries)), f"{seconds:.0f}", f"{seconds / total:.1%}"]
        drawn.add_row(stage, *numbers, purposes.get(stage, ""), ", ".join(dearest))
    return drawn


def purposes() -> dict[str, str]:
    """The description of each stage, from dvc.yaml."""
    stages = YAML(typ="safe").load(Path("dvc.yaml"))["stages"]
    return {name: each.get("do", each).get("desc", "") for name, each in stages.items()}


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    known = purposes()
    took = {name: s for name, s in durations().items() if name.partition("@")[0] in known}
    if not took:
        print("no stage has run here yet: make repro")
        return
    Console(highlight=False).print(table(took, known))
    print(f"{len(took)} stages, {sum(took.values()) / 60:.0f} minutes one after another")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
