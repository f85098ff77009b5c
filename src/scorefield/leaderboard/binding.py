"""What binds the scores of a run to its samples: hashes, and dvc.lock."""

from functools import cache
from pathlib import Path
from typing import Any

from scorefield.pipeline.dvc_hash import dvc_hash
from scorefield.pipeline.dvc_lock import LOCK, read_lock


@cache
def locked() -> dict[str, str]:
    """The hash of every output in dvc.lock by its path; none where there is no such file. Raises
    InputError where it is not what DVC writes."""
    if not Path(LOCK).is_file():
        return {}
    stages = read_lock()["stages"].values()
    outs = [out for stage in stages for out in stage.get("outs", ())]
    return {out["path"]: out["md5"] for out in outs if "md5" in out}


def unbound(name: str, figures: dict[str, Any]) -> str:
    """Why the scores of a run cannot be those of its samples, in a few words; nothing where they
    can: dvc.lock has the hash of the samples that they name, and that of their own file."""
    scores, samples = f"metrics/runs/{name}.json", f"samples/{name}.safetensors"
    known = locked()
    if known.get(scores) != dvc_hash(scores):
        return f"{scores} is not the file that {LOCK} names"
    if figures.get("samples") != known.get(samples):
        return f"scores of other samples than those that {LOCK} names"
    return ""
