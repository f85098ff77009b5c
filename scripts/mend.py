"""DVC writes two of its own files in place: a kill at that moment leaves half of one, which DVC
refuses from then on. It also leaves empty folders where data are missing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from dvc.lock import make_lock
from dvc.repo import Repo
from dvc.rwlock import RWLOCK_FILE, RWLOCK_LOCK
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml
from psutil import pid_exists
from voluptuous import Invalid

from scorefield.pipeline.dvc_lock import LOCK
from scorefield.pipeline.empty_folders import remove_empty_folders

BROKEN = f"{LOCK}.broken"
CONFLICT = "<<<<<<< "  # of git


def mend() -> Iterator[str]:
    """Mend what a kill left half written, with a line for each file; remove empty folders."""
    with Repo(_wait_for_lock=True) as repo, repo.lock:
        yield from mend_paths(Path(repo.tmp_dir))
        yield from mend_lock()


def mend_paths(folder: Path) -> Iterator[str]:
    """Remove a broken list of the paths that stages use: these stages were killed too. Where no
    stage writes, remove empty folders of samples."""
    file = folder / RWLOCK_FILE
    with make_lock(str(folder / RWLOCK_LOCK), tmp_dir=str(folder), wait=True):
        if file.exists() and not is_json(file):
            file.unlink()
            yield f"{file.name}: half written by a killed process of DVC; removed"
        if not (file.exists() and written(file)):
            remove_empty_folders()


def written(file: Path) -> bool:
    """Whether a running stage writes a path of DVC's list of those that stages use."""
    uses = json.loads(file.read_text()).get("write", {})
    return any(pid_exists(use["pid"]) for use in uses.values())


def mend_lock() -> Iterator[str]:
    """Set a broken dvc.lock aside and take the committed one, where there is one: stages that ran
    since then come from DVC's cache. A merge conflict is for the user to resolve."""
    if not Path(LOCK).exists() or is_lock(LOCK) or CONFLICT in Path(LOCK).read_text():
        return
    Path(LOCK).rename(BROKEN)
    subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", LOCK], capture_output=True)
    yield f"{LOCK}: half written by a killed process of DVC; set aside as {BROKEN}"


def is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text())
    except ValueError:
        return False
    return True


def is_lock(file: str) -> bool:
    """Whether DVC can read a file as a dvc.lock."""
    try:
        COMPILED_LOCKFILE_SCHEMA(load_yaml(file))
    except (YAMLFileCorruptedError, Invalid):
        return False
    return True
