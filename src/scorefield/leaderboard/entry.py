"""Contest entries: a folder entries/<name> is checked, tried and added to params.yaml."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from scorefield.core.errors import InputError
from scorefield.core.registry import KINDS, methods, near
from scorefield.guidance.submitted_samples import checked
from scorefield.leaderboard.dry_run import dry_run
from scorefield.leaderboard.rules import SAMPLES
from scorefield.pipeline import params
from scorefield.pipeline.catalogue import NAME, SHARED, TABLES
from scorefield.pipeline.files import WEIGHTS, checksum, load_data, load_json, save_json, write
from scorefield.pipeline.signatures import knobs
from scorefield.pipeline.validation import problems

PLACE, SEED = Path("entries"), 1
KINDS_ADDED = ("nets", "objectives", "guidance", "samplers")  # that an entry may add methods to
TABLES_ADDED = ("models", *params.RUNS)  # that an entry may add to
OWNED = PLACE / "entered.json"  # what each entry put where: only that may it replace


def overlay(name: str) -> dict[str, Any]:
    """What the folder adds to params.yaml: its own overlay, or that of the samples, the model or
    the diffusers pipeline that lie in it. Raises InputError where it holds none of them."""
    folder = PLACE / name
    if not re.fullmatch(NAME, name) or not folder.is_dir():
        known = [path.name for path in PLACE.glob("*/")]
        raise InputError(f"{folder}: no such folder; {near(name, known)}")
    if (own := folder / "params.yaml").exists():
        return read(own)
    if (file := folder / "samples.safetensors").exists():
        return {"runs": {name: of_samples(file)}}
    if (folder / "model/config.json").exists():
        return of_model(name, folder / "model")
    if (folder / "model_index.json").exists():
        return of_pipeline(name, folder)
    others = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
    raise InputError(
        f"{folder}: expected params.yaml, samples.safetensors, model/config.json or "
        f"model_index.json, found {others}; nothing is unpickled"
    )


def read(file: Path) -> dict[str, Any]:
    """An entry's own overlay. Raises InputError for what is no table of tables."""
    try:
        found = YAML(typ="safe").load(file)
    except YAMLError as error:
        raise InputError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise InputError(f"{file}: expected sections of keys, such as runs")
    return found


def of_samples(file: Path) -> dict[str, Any]:
    """A run that returns the samples of a file. No network takes part: the model is only named, and
    is the evaluator."""
    rules = contest()
    checked(file, tuple(load_data(rules["data"])["test"].shape[1:]), SAMPLES)
    known = {"file": str(file), "sha256": checksum(file)}
    own = {"guidance": "submitted_samples", "submitted_samples": known, "ddim": {"steps": 1}}
    return run_of(rules["evaluator"]) | own


def of_model(name: str, folder: Path) -> dict[str, Any]:
    """A model that was trained elsewhere with this library, sampled by DDIM."""
    config = load_json(folder / "config.json").get("_scorefield", {})
    if "objective" not in config:
        raise InputError(f"{folder}: expected a folder as models/<name> is, of this version")
    known = {"folder": str(folder), "sha256": checksum(folder / WEIGHTS, folder / "config.json")}
    chosen = {key: config[key] for key in ("objective", "schedule")}
    data = contest()["data"]
    model = {"data": data, "net": "submitted_model", **chosen, "seed": 0, "submitted_model": known}
    return {"models": {name: model}, "runs": {name: run_of(name)}}


def of_pipeline(name: str, folder: Path) -> dict[str, Any]:
    """A diffusers pipeline with DDPM's linear betas, sampled by DDIM."""
    known = {
        "objective": "ddpm",
        "schedule": "ddpm",
        "seed": 0,
        "pretrained": {"name": str(folder)},
    }
    model = {"data": contest()["data"], "net": "pretrained", **known}
    return {"models": {name: model}, "runs": {name: run_of(name)}}


def contest() -> dict[str, Any]:
    """The data and the evaluator of the contest. Raises InputError where params.yaml has none."""
    found = params.section("contest")
    if not found:
        raise InputError("params.yaml: contest: missing; it names the data and the evaluator")
    return found


def run_of(model: str) -> dict[str, Any]:
    """A run of a model without guidance, on the data and by the evaluator of the contest."""
    plain = {"guidance": "plain", "sampler": "ddim", "n": SAMPLES, "seed": SEED}
    return {"model": model} | contest() | plain


def code(name: str) -> dict[Path, Path]:
    """The entry's own methods, and where they are put: <kind>/<method>.py to src/scorefield."""
    files = [file for kind in KINDS_ADDED for file in sorted((PLACE / name / kind).glob("*.py"))]
    return {file: Path("src/scorefield", file.parent.name, file.name) for file in files}


def places(name: str, added: dict[str, Any]) -> list[str]:
    """All that an entry puts in: tables' keys, sections and files."""
    keys = [
        f"{top}.{key}" if top in TABLES else top
        for top, value in added.items()
        for key in (value if top in TABLES else ("",))
    ]
    return keys + [str(target) for target in code(name).values()]


def owned(name: str) -> set[str]:
    """What the entry put in before."""
    return set(load_json(OWNED).get(name, [])) if OWNED.exists() else set()


def trespasses(name: str, added: dict[str, Any], present: dict[str, Any]) -> Iterator[str]:
    """What the entry would change of others: it adds models and runs with its own name, and
    methods with their sections, and no more."""
    own, before = {file.stem for file in code(name)}, owned(name)
    taken = {*TABLES, *SHARED, *(method for kind in KINDS for method in methods(kind))}
    for top, value in added.items():
        if top in TABLES:
            for key in value:
                if top not in TABLES_ADDED or not re.fullmatch(f"{name}(-{NAME})?", str(key)):
                    yield f"{top}.{key}: an entry adds models and runs named {name} or {name}-..."
                elif key in present[top] and f"{top}.{key}" not in before:
                    yield f"{top}.{key}: there is one already; choose another name"
        elif top not in own:
            yield f"{top}: no method of this entry; override a section in your model or run"
    for file, target in code(name).items():
        if str(target) not in before and (file.stem in taken or file.stem in present):
            yield f"{target}: there is a method or section of that name; choose another"
        elif file.stem not in added:
            yield f"{file}: {file.stem} has no section in params.yaml"
    if not any(name in added.get(table, {}) for table in params.RUNS):
        yield f"runs.{name}: missing; an entry has a run of its own name"


def merged(present: Any, added: dict[str, Any]) -> Any:
    """params.yaml with the entry's models, runs and sections put in."""
    for top, value in added.items():
        if top in TABLES:
            for key, entry in value.items():
                present[top][key] = entry
        else:
            present[top] = value
    return present


def enter(name: str) -> list[str]:
    """Check an entry, try it, and put it into params.yaml and src; what was put in. Raises
    InputError, with a line for each thing that is wrong, and then leaves all as it was."""
    yaml, path, added = YAML(), Path("params.yaml"), overlay(name)
    present, content = yaml.load(path), io.BytesIO()
    if wrong := [*trespasses(name, added, present)]:
        raise InputError("\n".join(wrong))
    files: dict[Path, bytes | None] = {path: path.read_bytes()}
    files |= {t: t.read_bytes() if t.exists() else None for t in code(name).values()}
    try:
        methods.cache_clear()
        for file, target in code(name).items():
            write(target, file.read_bytes())
            knobs(f"{target.parent.name}/{target.name}", target.stem)
        yaml.dump(merged(present, added), content)
        write(path, content.getvalue())
        params.load.cache_clear()
        if wrong := [*problems(params.load())]:
            raise InputError("\n".join(wrong))
        dry_run(name)
    except BaseException:
        for file, before in files.items():
            file.unlink(missing_ok=True) if before is None else write(file, before)
        raise
    every = load_json(OWNED) if OWNED.exists() else {}
    save_json(OWNED, every | {name: places(name, added)})
    return places(name, added)
