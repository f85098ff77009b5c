"""Entering the contest: an entry is read, checked, tried in a process of its own, and adopted."""

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from ruamel.yaml import YAML

from scorefield.core.errors import InputError
from scorefield.leaderboard.entry import PLACE, Entry, merged, read_entry
from scorefield.leaderboard.entry_checks import OWNED, check, entered
from scorefield.leaderboard.journal import JOURNAL, change, recover
from scorefield.leaderboard.working_copy import copy_project, needed, put_entry
from scorefield.pipeline.catalogue import NAME
from scorefield.pipeline.sandbox import Ended, Limits, run_apart

TRIED = Path(".tried")  # is written in the copy when the trial has come to its end
LINES, LINE = 20, 300  # of what an entry's process says, at most


def enter(name: str, limits: Limits) -> list[str]:
    """Check an entry, try it within limits, and put it into params.yaml and src; what was put in,
    after a line for an earlier entry that was interrupted. Raises InputError, with a line for each
    thing that is wrong, and then nothing was changed."""
    JOURNAL.parent.mkdir(exist_ok=True)
    try:
        with FileLock(f"{JOURNAL}.lock", timeout=0):
            told = recover()
            if not re.fullmatch(NAME, name):
                raise InputError(f"expected the name of a folder in {PLACE}, found '{name}'")
            entry = read_entry(PLACE / name)
            present = YAML().load(Path("params.yaml"))
            check(entry, present)
            content = with_entry(entry, present)
            tried(entry, content, limits)
            adopt(entry, content)
    except Timeout:
        raise InputError("another `make entry` runs in this folder; wait for its end") from None
    return [*([told] if told else []), *(f"entered: {place}" for place in entry.places())]


def with_entry(entry: Entry, present: Any) -> bytes:
    """params.yaml with an entry, as text."""
    content = io.BytesIO()
    YAML().dump(merged(present, entry.added), content)
    return content.getvalue()


def tried(entry: Entry, content: bytes, limits: Limits) -> None:
    """Try an entry in a copy of this folder. Raises InputError for what is wrong with it."""
    place = JOURNAL.parent / "entry" / entry.name
    shutil.rmtree(place, ignore_errors=True)
    try:
        own = needed(YAML(typ="safe").load(content), models_and_runs(entry))
        copy_project(place, own)
        put_entry(place, content, entry.code)
        refuse(run_apart(["python", "stages/dry_run.py", entry.name], place, limits), entry.name)
        if not (place / TRIED).exists():
            raise InputError(f"{entry.name}: its process ended before the trial was finished")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def models_and_runs(entry: Entry) -> set[str]:
    """The names of the models and runs of an entry."""
    return {str(key) for value in entry.added.values() for key in value}


def refuse(ended: Ended, name: str) -> None:
    """Raises InputError with the errors that an entry's process told, or with how it ended."""
    if not ended.problem:
        return
    said = re.sub(r"[^\n -~]", "?", ended.said).splitlines()
    told = [line.removeprefix("error: ")[:LINE] for line in said if line.startswith("error: ")]
    raise InputError("\nerror: ".join(told[:LINES]) or f"{name}: its process was {ended.problem}")


def adopt(entry: Entry, content: bytes) -> None:
    """Put an entry into src, params.yaml and the list of entries; methods that it had before and
    has no more are removed."""
    known = entered()
    old = {each for each in known.get(entry.name, ()) if each.startswith("src/")}
    files: dict[str, str | None] = {str(path): text for path, text in entry.code.items()}
    files |= {"params.yaml": content.decode()}
    known |= {entry.name: entry.places()}
    files |= {str(OWNED): json.dumps(known, indent=2, sort_keys=True) + "\n"}
    change(entry.name, files | dict.fromkeys(sorted(old - {*files})))
