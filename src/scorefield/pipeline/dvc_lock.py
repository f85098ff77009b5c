"""dvc.lock, read while no process of DVC writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from voluptuous import Invalid

from scorefield.core.errors import InputError

LOCK = "dvc.lock"
Lock = dict[str, Any]


def read_lock() -> Lock:
    """The content of dvc.lock in the working folder. Raises InputError where there is none, or
    where it is not what DVC writes."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA

    if not Path(LOCK).is_file():
        raise InputError(f"{LOCK}: not found; `dvc repro` makes it")
    with no_writer():
        text = Path(LOCK).read_bytes()
    try:
        found: Lock = YAML(typ="safe").load(text)
        COMPILED_LOCKFILE_SCHEMA(found)
    except (YAMLError, Invalid) as error:
        raise InputError(f"{LOCK}: expected what DVC writes, but {error}") from None
    return found


@contextmanager
def no_writer() -> Iterator[None]:
    """Hold the lock of DVC, with which it writes dvc.lock in place: a file read without it can be
    empty or half written. Waits for the lock. Does nothing outside a repository of DVC."""
    from dvc.repo import Repo

    if Path(".dvc").is_dir():
        with Repo(_wait_for_lock=True) as repo, repo.lock:
            yield
    else:
        yield
