"""A dry run of a contest entry: one step of training and two of sampling, on four images."""

from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor

from scorefield.core.denoiser import Chunk
from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.network import hooks
from scorefield.core.registry import hook, with_knobs
from scorefield.core.schedule import times
from scorefield.experiments.model_training import train_model
from scorefield.experiments.models import untrained_model
from scorefield.experiments.runs import condition_of, plan_of, samples
from scorefield.experiments.sampling import sample_chunks
from scorefield.experiments.training import split
from scorefield.pipeline import params
from scorefield.pipeline.files import load_data, save_tensors

FEW = 4  # images


def dry_run(name: str) -> None:
    """Train the models of a run for one step and sample from them, untrained. Raises InputError
    with the file and line for what fails."""
    spec = params.run(name)
    if spec["guidance"] == "submitted_samples":
        return
    try:
        named = [spec[role] for role in ("model", "guide") if role in spec]
        drawn(spec, *(stepped(params.entry("models", each)) for each in named))
    except InputError:
        raise
    except Exception as error:
        frames = [f for f in extract_tb(error.__traceback__) if "scorefield" in f.filename]
        place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
        said = str(error).strip().splitlines() or [""]
        raise InputError(f"{name}: {place}: {type(error).__name__}: {said[0]}") from None


def draw_all(name: str) -> None:
    """Train the models of a run that are not here, draw its samples, and draw the first of them a
    second time."""
    spec, scratch = params.run(name), Path(".scratch")
    for role in ("model", "guide"):
        if role in spec and not Path("models", spec[role]).is_dir():
            work = scratch / spec[role]
            work.mkdir(parents=True, exist_ok=True)
            train_model(spec[role], "", work)
    tensors = samples(name, scratch / "samples")
    if tensors is None:
        return
    save_tensors(f"samples/{name}.safetensors", tensors)
    chunks, found = params.section("sampling"), condition_of(spec)
    first = min(spec["n"], chunks["chunk"])
    again = sample_chunks(plan_of(spec, found), first, scratch / "again", **chunks)
    if again is not None:
        save_tensors("again.safetensors", {"samples": again.samples})


def stepped(entry: dict[str, Any]) -> Model:
    """A model after the loss of a few of its training data was taken and sent backward."""
    data = load_data(entry["data"])
    batch = {key: value[:FEW] for key, value in split(data, "train").items()}
    model, _ = untrained_model(entry, data)
    hooks(model.net).begin(data)
    loss = params.method("objectives", entry["objective"], entry)(model, batch)
    expect("the loss", loss, (FEW,))
    if any(parameter.requires_grad for parameter in model.parameters()):
        loss.mean().backward()
    return model.eval().requires_grad_(False)


def drawn(spec: dict[str, Any], model: Model, *guide: Model) -> None:
    """Two steps of the run's sampler, under its guidance."""
    guided = params.method("guidance", spec["guidance"], spec)(model, *guide)
    (denoiser,) = Chunk(torch.randn_like, condition(spec)).bind(guided)
    shape = (FEW, *model.shape)
    sampler = params.method("samplers", spec["sampler"], spec)
    with torch.no_grad():
        *_, x = sampler(denoiser, torch.randn(shape), times(2), torch.randn_like)
    expect("the samples", x, shape)


def condition(spec: dict[str, Any]) -> Tensor | None:
    """What a few samples are to match, where the run's guidance says so."""
    find = hook("guidance", spec["guidance"], "condition")
    if find is None:
        return None
    numbers = params.section(spec["guidance"], spec)
    values: Tensor = with_knobs(find, numbers)(load_data(spec["data"]), FEW).values
    return values


def expect(what: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """Raise InputError unless it is of the shape and finite."""
    if tuple(value.shape) != shape:
        raise InputError(f"{what}: expected shape {[*shape]}, found {[*value.shape]}")
    if not value.isfinite().all():
        raise InputError(f"{what}: {(~value.isfinite()).sum()} values are not finite")
