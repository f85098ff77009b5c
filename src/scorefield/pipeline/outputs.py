"""Files that two entries would both write: DVC would refuse every command, in its own words."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Params = dict[str, Any]


def output_problems(params: Params, path: str = "dvc.yaml") -> Iterator[str]:
    """One line for each entry that writes where another one does, also where names differ only in
    the case of letters, which some file systems do not tell apart."""
    owners: dict[PurePosixPath, str] = {}
    for place, owner in written(params, stages(path)):
        folded = PurePosixPath(place.casefold())
        taken = next((each for each in (folded, *folded.parents) if each in owners), None)
        if taken is not None and owners[taken] != owner:
            yield f"{owner}: it writes {place}, as {owners[taken]} does; choose another name"
        owners.setdefault(folded, owner)


def stages(path: str) -> Params:
    """The stages of a dvc.yaml; none where it cannot be read, which DVC says itself."""
    try:
        found: Params = YAML(typ="safe").load(Path(path))["stages"]
        return dict(found)
    except (OSError, YAMLError, KeyError, TypeError, ValueError):
        return {}


def written(params: Params, stages: Params) -> Iterator[tuple[str, str]]:
    """Every file that a stage writes, and the stage or the entry that it is of; those of stages
    without entries first, and folders before what is in them."""
    found = []
    for stage, spec in stages.items():
        table = str(spec.get("foreach", "")).strip("${}")
        for name, item in ({"": {}} | (params.get(table) or {})).items():
            if bool(name) == bool(table):
                for out in spec.get("do", spec).get("outs", ()):
                    place = next(iter(out)) if isinstance(out, dict) else out
                    owner = f"{table}.{name}" if table else f"the stage {stage}"
                    found.append((filled(place, name, item), owner))
    yield from sorted(found, key=lambda each: (each[1][:4] != "the ", each[0].count("/")))


def filled(place: str, name: str, item: Params) -> str:
    """A path of dvc.yaml for one entry."""
    place = place.replace("${key}", name)
    for key, value in item.items():
        place = place.replace(f"${{item.{key}}}", str(value))
    return place
