"""Contest entries: a folder with a sampler, a network, a guidance, an objective, a model or samples
is read as what it adds to params.yaml and to src."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from scorefield.core.errors import InputError
from scorefield.core.registry import near
from scorefield.guidance.submitted_samples import checked
from scorefield.leaderboard.rules import SAMPLES
from scorefield.pipeline import params
from scorefield.pipeline.catalogue import NAME, TABLES
from scorefield.pipeline.files import WEIGHTS, checksum, content, load_config, load_data

PLACE, SEED = Path("entries"), 1
KINDS_ADDED = ("nets", "objectives", "guidance", "samplers")  # that an entry may add methods to
LARGEST = 1_000_000  # bytes of a file of code or parameters


@dataclass(frozen=True)
class Entry:
    """An entry: what it adds to params.yaml, and the text of its methods by their place in src."""

    name: str
    added: dict[str, Any]
    code: dict[Path, str]

    def places(self) -> list[str]:
        """All that it puts in: tables' keys, sections and files."""
        keys = [
            f"{top}.{key}" if top in TABLES else top
            for top, value in self.added.items()
            for key in (value if top in TABLES else ("",))
        ]
        return keys + [str(target) for target in self.code]


def read_entry(folder: Path, samples: int = SAMPLES) -> Entry:
    """The entry in a folder, which has the entry's name. No code of it runs, and nothing outside of
    the folder is read. Raises InputError where it holds none, or a link. `samples` are as many as a
    file of samples has to have."""
    if not re.fullmatch(NAME, folder.name) or not folder.is_dir():
        known = [path.name for path in folder.parent.glob("*/")]
        raise InputError(f"{folder}: no such folder; {near(folder.name, known)}")
    for path in (folder, *sorted(folder.rglob("*"))):
        if path.is_symlink():
            raise InputError(f"{path}: a link; an entry has files of its own only")
        if not path.is_file() and not path.is_dir():
            raise InputError(f"{path}: expected a file, found something else")
    files = [file for kind in KINDS_ADDED for file in sorted((folder / kind).glob("*.py"))]
    code = {Path("src/scorefield", file.parent.name, file.name): text(file) for file in files}
    return Entry(folder.name, overlay(folder, samples), code)


def text(file: Path) -> str:
    """A file of text. Raises InputError for one that is none, or is very long."""
    try:
        found = content(file).decode()
    except UnicodeDecodeError:
        raise InputError(f"{file}: expected text in UTF-8") from None
    if len(found) > LARGEST:
        raise InputError(f"{file}: expected at most {LARGEST:,} characters, found {len(found):,}")
    return found


def overlay(folder: Path, samples: int) -> dict[str, Any]:
    """What a folder adds to params.yaml: its own overlay, or that of the samples, the model or the
    diffusers pipeline that lie in it. Raises InputError where it holds none of them."""
    name = folder.name
    if (own := folder / "params.yaml").exists():
        return read(own)
    if (file := folder / "samples.safetensors").exists():
        return {"runs": {name: of_samples(file, samples)}}
    if (folder / "model/config.json").exists():
        return of_model(name, folder / "model", samples)
    if (folder / "model_index.json").exists():
        return of_pipeline(name, samples)
    others = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
    raise InputError(
        f"{folder}: expected params.yaml, samples.safetensors, model/config.json or "
        f"model_index.json, found {others}; nothing is unpickled"
    )


def read(file: Path) -> dict[str, Any]:
    """An entry's own overlay. Raises InputError for what is no table of tables."""
    try:
        found = YAML(typ="safe").load(text(file))
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise InputError(f"{file}: expected sections of keys, such as runs")
    return found


def of_samples(file: Path, samples: int) -> dict[str, Any]:
    """A run that returns the samples of a file. No network takes part: the model is only named, and
    is the evaluator."""
    rules = contest()
    checked(file, tuple(load_data(rules["data"])["test"].shape[1:]), samples)
    known = {"file": str(PLACE / file.parent.name / file.name), "sha256": checksum(file)}
    own = {"guidance": "submitted_samples", "submitted_samples": known, "ddim": {"steps": 1}}
    return run_of(rules["evaluator"], samples) | own


def of_model(name: str, folder: Path, samples: int) -> dict[str, Any]:
    """A model that was trained elsewhere with this library, sampled by DDIM."""
    config = load_config(folder)
    if not {"objective", "schedule"} <= config.keys():
        raise InputError(f"{folder}: expected a folder as models/<name> is, of this version")
    place = PLACE / name / folder.name
    known = {"folder": str(place), "sha256": checksum(folder / WEIGHTS, folder / "config.json")}
    chosen = {key: config[key] for key in ("objective", "schedule")}
    data = contest()["data"]
    model = {"data": data, "net": "submitted_model", **chosen, "seed": 0, "submitted_model": known}
    return {"models": {name: model}, "runs": {name: run_of(name, samples)}}


def of_pipeline(name: str, samples: int) -> dict[str, Any]:
    """A diffusers pipeline with DDPM's linear betas, sampled by DDIM."""
    known = {
        "objective": "ddpm",
        "schedule": "ddpm",
        "seed": 0,
        "pretrained": {"name": str(PLACE / name)},
    }
    model = {"data": contest()["data"], "net": "pretrained", **known}
    return {"models": {name: model}, "runs": {name: run_of(name, samples)}}


def contest() -> dict[str, Any]:
    """The data and the evaluator of the contest. Raises InputError where params.yaml has none."""
    found = params.section("contest")
    if not found:
        raise InputError("params.yaml: contest: missing; it names the data and the evaluator")
    return found


def run_of(model: str, samples: int) -> dict[str, Any]:
    """A run of a model without guidance, on the data and by the evaluator of the contest."""
    plain = {"guidance": "plain", "sampler": "ddim", "n": samples, "seed": SEED}
    return {"model": model} | contest() | plain


def merged(present: Any, added: dict[str, Any]) -> Any:
    """params.yaml with the entry's models, runs and sections put in."""
    for top, value in added.items():
        if top in TABLES:
            for key, entry in value.items():
                present[top][key] = entry
        else:
            present[top] = value
    return present


PATHS = ("file", "folder", "path", "image", "name")  # keys of sections whose values are paths


def paths(added: Any) -> Iterator[tuple[str, str]]:
    """The keys and values of all paths that tables and sections name."""
    for key, value in added.items() if isinstance(added, dict) else ():
        if isinstance(value, dict):
            yield from ((f"{key}.{where}", path) for where, path in paths(value))
        elif key in PATHS and isinstance(value, str) and value:
            yield str(key), value
