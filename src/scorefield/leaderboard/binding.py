"""What binds the scores of a run to its samples: hashes, and dvc.lock."""

from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scorefield.core.errors import InputError
from scorefield.pipeline.files import content

LOCK = "dvc.lock"


def file_hash(path: str | Path) -> str:
    """The hash of a file as DVC has it, MD5. Raises InputError where it cannot be read."""
    return md5(content(path), usedforsecurity=False).hexdigest()


@cache
def locked(path: str = LOCK) -> dict[str, str]:
    """The hash of every output in dvc.lock by its path; none where there is no such file."""
    if not Path(path).is_file():
        return {}
    try:
        stages = YAML(typ="safe").load(Path(path))["stages"].values()
        return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", ())}
    except (YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected what DVC writes, but {error}") from None


def unbound(name: str, figures: dict[str, Any]) -> str:
    """Why the scores of a run cannot be those of its samples, in a few words; nothing where they
    can: dvc.lock has the hash of the samples that they name, and that of their own file."""
    scores, samples = f"metrics/runs/{name}.json", f"samples/{name}.safetensors"
    known = locked()
    if known.get(scores) != file_hash(scores):
        return f"{scores} is not the file that {LOCK} names"
    if figures.get("samples") != known.get(samples):
        return f"scores of other samples than those that {LOCK} names"
    return ""
