"""The key of a stage's work: the hash of its command, data, parameters and code.

It names the scratch folder from which a killed stage resumes, and the MLflow run of the stage.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scorefield.pipeline import ranks


def root() -> Path:
    """The repository; under `dvc exp run --queue` the parent one, the same for all workers."""
    return Path(os.environ.get("DVC_ROOT", ".")).absolute()


def digest(cmd: str, inputs: dict[str, Any]) -> str:
    """The hash of a command and its inputs, 16 hexadecimal digits."""
    return sha256(json.dumps([cmd, inputs], sort_keys=True).encode()).hexdigest()[:16]


def running(fallback: str) -> str:
    """The key of the stage that runs now, as DVC sees it; of `fallback` outside DVC."""
    if "DVC_STAGE" not in os.environ:
        return digest(fallback, {})
    from dvc.dvcfile import load_file
    from dvc.repo import Repo
    from dvc.stage.loader import StageLoader

    with Repo() as repo:
        file = load_file(repo, "dvc.yaml")
        # without dvc.lock: another stage that ends now may be writing it
        stage = StageLoader(file, file.contents)[os.environ["DVC_STAGE"]]
        return digest(stage.cmd, {dep.def_path: dep.get_hash().value for dep in stage.deps})


def locked(lock: dict[str, Any], name: str) -> str:
    """The same key from a loaded dvc.lock, after the stage has run."""
    stage = lock["stages"][name]
    inputs = {dep["path"]: dep["md5"] for dep in stage.get("deps", [])} | stage.get("params", {})
    return digest(stage["cmd"], inputs)


@contextmanager
def scratch(key: str) -> Iterator[Path]:
    """A folder for unfinished work, outside DVC's outputs and shared by `dvc repro` and all kinds
    of `dvc exp run`: removed when the work is done, kept when it fails. A second process with the
    same key waits."""
    folder = root() / ".scratch" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{folder}.lock")
    try:
        if ranks.rank() == 0:
            claim(lock)
        ranks.meet()
        folder.mkdir(exist_ok=True)
        yield folder
        if ranks.rank() == 0:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def claim(lock: FileLock) -> None:
    """Take a lock, with a line where it has to be waited for."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("another process computes the same: waiting for it", flush=True)
        lock.acquire()
