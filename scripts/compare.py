"""Compare the figures of two revisions: every metrics/**/*.json, sorted, only what changed, with
the absolute and the relative change. Without B the second one is the workspace."""

import argparse
import io
import json
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scorefield.command import ended

WORKSPACE = "the workspace"
MOVED = {  # files by their names before 25 November 2026
    "curves/": "few_steps/",
    "maps/plane": "instability/layouts",
    "maps/": "instability/",
    "matches/": "matching/",
    "paths/plane": "paths/missing",
    "sweeps/": "guidance_sweep/",
}
WHOLE = {"outside": "off_mode"}
WORDS = {  # parts of the keys of figures by their names before that day
    "hit": "rare_mode",
    "junk": "off_mode",
    "told_apart": "pair_accuracy",
    "information": "mutual_information",
    "normaliser": "calibration",
}
Figures = dict[str, dict[str, Any]]  # file below metrics/ -> key -> figure


class BadRevisionError(Exception):
    """There is no such revision, or it has no figures."""


def read(revision: str) -> Figures:
    """All figures of a revision, or of the workspace."""
    if revision == WORKSPACE:
        paths = sorted(Path("metrics").rglob("*.json"))
        files = {path.as_posix(): path.read_bytes() for path in paths}
    else:
        files = committed(revision)
    found = {}
    for path, content in files.items():
        figures = keyed(json.loads(content))
        found[present_file(path)] = {present_key(key): value for key, value in figures.items()}
    return found


def keyed(content: Any) -> dict[str, Any]:
    """The figures of a file; of a list of claims the effect of each."""
    if isinstance(content, list):
        return {claim["id"]: claim["effect"] for claim in content}
    figures: dict[str, Any] = content
    return figures


def committed(revision: str) -> dict[str, bytes]:
    """The JSON files below metrics/ of a commit. Raises BadRevisionError where there are none."""
    named = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options"]
    known = subprocess.run([*named, f"{revision}^{{commit}}"], capture_output=True, text=True)
    if known.returncode:
        raise BadRevisionError(f"no revision named '{revision}' in this repository")
    archive = ["git", "archive", known.stdout.strip(), "metrics"]
    packed = subprocess.run(archive, capture_output=True)
    if packed.returncode:
        raise BadRevisionError(f"revision '{revision}' has no folder metrics")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        for member in files:
            opened = files.extractfile(member) if member.name.endswith(".json") else None
            if opened is not None:
                found[member.name] = opened.read()
    return found


def present_file(path: str) -> str:
    """The present name of a file, below metrics/ and without its ending."""
    name = path.removeprefix("metrics/").removesuffix(".json")
    for old, new in MOVED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def present_key(key: str) -> str:
    """The present name of a figure."""
    key = re.sub(r"^(agreement|agreement_se|entropy|fid)_unguided$", r"unguided_\1", key)
    key = re.sub(r"^model_(?=\w+_(interior|edge|scale)_)", "", WHOLE.get(key, key))
    for old, new in WORDS.items():
        if new not in key:
            key = re.sub(rf"(?<![^_]){old}(?![^_])", new, key)
    return key


def differences(a: Figures, b: Figures) -> Iterator[tuple[str, str, Any, Any]]:
    """File, key and both values of every figure that changed, sorted; None where there is none."""
    for file in sorted({*a, *b}):
        before, after = a.get(file, {}), b.get(file, {})
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield file, key, before.get(key), after.get(key)


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)


def change(before: Any, after: Any) -> tuple[str, str]:
    """The absolute and the relative change, where both are numbers."""
    if not all(isinstance(each, int | float) for each in (before, after)):
        return "", ""
    relative = f"{100 * (after - before) / abs(before):+.3g} %" if before else ""
    return f"{after - before:+.4g}", relative


def report(a: str, b: str) -> Iterator[str]:
    """The comparison of two revisions, line by line."""
    first, second = read(a), read(b)
    found = [*differences(first, second)]
    total = len({(file, key) for each in (first, second) for file in each for key in each[file]})
    yield f"{len(found)} of {total} figures differ between {a} and {b}"
    last = ""
    for file, key, before, after in found:
        if file != last:
            yield ""
            yield f"{file:60} {'A':>13} {'B':>13} {'change':>12} {'relative':>12}"
            last = file
        values = (f"{shown(value):>13}" for value in (before, after))
        yield " ".join([f"  {key:58}", *values, *(f"{x:>12}" for x in change(before, after))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a", metavar="A", nargs="?", default="HEAD", help="revision (here HEAD)")
    parser.add_argument("b", metavar="B", nargs="?", default=WORKSPACE, help="revision")
    given = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a pager may end first
    try:
        print("\n".join(line.rstrip() for line in report(given.a or "HEAD", given.b or WORKSPACE)))
    except BadRevisionError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
