"""Entries of others: a folder entries/<name>, checked, tried and written into params.yaml."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from ruamel.yaml import YAML
from torch import Tensor

from scorefield.core import params
from scorefield.core.denoiser import Model
from scorefield.core.errors import InputError
from scorefield.core.files import WEIGHTS, checksum, load_data, load_json
from scorefield.core.schedule import times
from scorefield.guidance.ready import checked
from scorefield.lab.check import ENTRIES, KINDS, near, problems
from scorefield.lab.rules import SAMPLES
from scorefield.lab.training import split
from scorefield.lab.untrained import untrained

PLACE, DATA, JUDGE, SEED = Path("entries"), "digits", "digits-classifier", 1
RUN = {"data": DATA, "judge": JUDGE, "guidance": "plain", "sampler": "ddim", "n": SAMPLES}


def overlay(name: str) -> dict[str, Any]:
    """What the folder adds to params.yaml: its own overlay, or that of the samples, the model or
    the diffusers pipeline that lie in it. Raises InputError where it holds none of them."""
    folder = PLACE / name
    if not folder.is_dir():
        known = [path.name for path in PLACE.glob("*/")]
        raise InputError(f"{folder}: no such folder; {near(name, known)}")
    if (own := folder / "params.yaml").exists():
        return YAML(typ="safe").load(own) or {}
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


def of_samples(file: Path) -> dict[str, Any]:
    """A run that hands out the samples of a file. No network takes part: model is the judge."""
    checked(file, tuple(load_data(DATA)["test"].shape[1:]), SAMPLES)
    known = {"file": str(file), "sha256": checksum(file)}
    network = {"model": JUDGE, "helper": JUDGE, "guidance": "ready", "ready": known}
    return RUN | network | {"seed": SEED, "ddim": {"steps": 1}}


def of_model(name: str, folder: Path) -> dict[str, Any]:
    """A model that this library trained elsewhere, drawn from by DDIM."""
    config = load_json(folder / "config.json")["_scorefield"]
    known = {"folder": str(folder), "sha256": checksum(folder / WEIGHTS)}
    chosen = {key: config[key] for key in ("objective", "schedule")}
    model = {"data": DATA, "net": "stored", **chosen, "seed": 0, "stored": known}
    return {"models": {name: model}, "runs": {name: run_of(name)}}


def of_pipeline(name: str, folder: Path) -> dict[str, Any]:
    """A diffusers pipeline, drawn from by DDIM."""
    known = {
        "objective": "ddpm",
        "schedule": "ddpm",
        "seed": 0,
        "pretrained": {"name": str(folder)},
    }
    model = {"data": DATA, "net": "pretrained", **known}
    return {"models": {name: model}, "runs": {name: run_of(name)}}


def run_of(name: str) -> dict[str, Any]:
    return {"model": name, "helper": name} | RUN | {"seed": SEED}


def code(name: str) -> Iterator[tuple[Path, Path]]:
    """The entry's own files, and where they are put: <kind>/<method>.py to src/scorefield."""
    for file in sorted((PLACE / name).glob("*/*.py")):
        if file.parent.name in KINDS:
            yield file, Path("src/scorefield", file.parent.name, file.name)


def trespasses(name: str, added: dict[str, Any], present: dict[str, Any]) -> Iterator[str]:
    """What the entry would change of others: it adds models and runs with its own name, and the
    sections of its own methods, and no more."""
    mine, installed = name.replace("-", "_"), name in present["runs"]
    own = {file.stem for file, _ in code(name)}
    for top, value in added.items():
        if top in ENTRIES:
            for key in value:
                if key != name and not key.startswith(f"{name}-"):
                    yield f"{top}.{key}: an entry's models and runs are named {name} or {name}-..."
        elif top not in own:
            yield f"{top}: no method of this entry; override a section in your model or run"
    for file, target in code(name):
        if not file.stem.startswith(mine):
            yield f"{file}: an entry's methods are named {mine} or {mine}_..."
        elif target.exists() and not installed:
            yield f"{target}: there is such a method already; choose another name"
    if name not in (added.get("runs") or {}):
        yield f"runs.{name}: missing; an entry has a run of its own name"


def merged(present: Any, added: dict[str, Any]) -> Any:
    """params.yaml with the entry's models, runs and sections put in."""
    for top, value in added.items():
        if top in ENTRIES:
            for key, entry in value.items():
                present[top][key] = entry
        else:
            present[top] = value
    return present


def enter(name: str) -> list[str]:
    """Check an entry, try it, and put it into params.yaml and src; what was put in. Raises
    InputError, with a line for each thing that is wrong, and then leaves all as it was."""
    yaml, path, added = YAML(), Path("params.yaml"), overlay(name)
    present = yaml.load(path)
    wrong, before = [*trespasses(name, added, present)], path.read_bytes()
    if wrong:
        raise InputError("\n".join(wrong))
    kept = {target: target.read_bytes() if target.exists() else None for _, target in code(name)}
    try:
        for file, target in code(name):
            shutil.copyfile(file, target)
        if wrong := [*problems(plain(merged(present, added)))]:
            raise InputError("\n".join(wrong))
        yaml.dump(present, path)
        params.load.cache_clear()
        attempt(name)
    except BaseException:
        path.write_bytes(before)
        for target, content in kept.items():
            target.unlink() if content is None else target.write_bytes(content)
        raise
    return [f"params.yaml: {top}.{name}" for top in added if top in ENTRIES] + [*map(str, kept)]


def attempt(name: str) -> None:
    """Take one step of training and of drawing on four images with the entry's own model, not yet
    trained. Raises InputError, with the place, for what fails."""
    spec = params.entry("runs", name)
    if spec["model"] != name:
        return
    data, entry = load_data(spec["data"]), params.entry("models", name)
    batch = {key: value[:4] for key, value in split(data, "train").items()}
    try:
        model, _ = untrained(entry, data)
        loss = params.method("objectives", entry["objective"], entry)(model, batch)
        expect("the loss", loss, (4,))
        if any(p.requires_grad for p in model.parameters()):
            loss.mean().backward()
        model.eval().requires_grad_(False)
        draw(spec, model, data, batch["x"].shape)
    except InputError:
        raise
    except Exception as error:
        frames = [
            f for f in extract_tb(error.__traceback__) if "/scorefield/lab/" not in f.filename
        ]
        place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""
        told = str(error).strip().splitlines() or [""]
        raise InputError(f"{name}: {place}{type(error).__name__}: {told[0]}") from None


def draw(spec: dict[str, Any], model: Model, data: dict[str, Tensor], shape: torch.Size) -> None:
    """Two steps of the run's sampler."""
    guidance = params.module("guidance", spec["guidance"])
    if hasattr(guidance, "given"):
        tell = params.bound(guidance.given, params.section(spec["guidance"], spec))
        model.given = tell(data, len(shape))["given"]
    denoiser = params.method("guidance", spec["guidance"], spec)(model, model)
    sampler = params.method("samplers", spec["sampler"], spec)
    with torch.no_grad():
        *_, x = sampler(denoiser, model.schedule, torch.randn(shape), times(2), torch.randn_like)
    expect("the samples", x, tuple(shape))


def expect(what: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """Raise InputError unless it is of the shape and finite."""
    if tuple(value.shape) != shape or not value.isfinite().all():
        found = [*value.shape] if tuple(value.shape) != shape else "values that are not finite"
        raise InputError(f"{what}: expected finite values of shape {[*shape]}, found {found}")


def plain(node: Any) -> Any:
    """Ruamel's containers as those of Python."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, list) else node
