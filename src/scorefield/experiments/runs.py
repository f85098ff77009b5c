"""A run of params.yaml as a plan: model, guidance and sampler, put together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from scorefield.core.condition import Condition
from scorefield.core.denoiser import Counter, Denoiser, counted
from scorefield.core.hardware import device
from scorefield.core.log_ratio import LogRatio, counted_ratio
from scorefield.core.model import Model, in_single, put
from scorefield.core.registry import hook, with_knobs
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.pipeline import params
from scorefield.pipeline.files import load_data, load_model
from scorefield.pipeline.kept_weights import load_weights


def condition_of(spec: dict[str, Any]) -> Condition | None:
    """What the samples of a run are to match, where its guidance says so."""
    find = hook("guidance", spec["guidance"], "condition")
    if find is None:
        return None
    found: Condition = with_knobs(find, params.section(spec["guidance"], spec))(
        load_data(spec["data"]), spec["n"]
    )
    return found


def measured(model: Model, counter: Counter) -> Denoiser | LogRatio:
    """A model as guidance takes it, with its evaluations counted."""
    if isinstance(model.net, LogRatio):
        return counted_ratio(model.net, counter)
    return counted(model, counter)


def guided(spec: dict[str, Any], counter: Counter, **changes: Any) -> tuple[Model, Denoiser]:
    """The model of a run, on the device, and its denoiser under the run's guidance, some knobs
    changed."""
    models = [load_weights(f"models/{spec['model']}", spec.get("weights", "last"))]
    models += [load_model(f"models/{spec['guide']}")] if "guide" in spec else []
    place = device(single=in_single(*models))
    model, *guides = (put(each, place) for each in models)
    guidance = params.method("guidance", spec["guidance"], spec)
    taken = [measured(each, counter) for each in (model, *guides)]
    return model, guidance(*taken, **changes)


def plan_of(spec: dict[str, Any], condition: Condition | None = None) -> Plan:
    """How the samples of a run are drawn."""
    counter = Counter()
    model, denoiser = guided(spec, counter)
    return Plan(
        denoiser=denoiser,
        sampler=params.method("samplers", spec["sampler"], spec),
        shape=model.shape,
        steps=params.section(spec["sampler"], spec)["steps"],
        seed=spec["seed"],
        device=model.device,
        counter=counter,
        condition=None if condition is None else condition.values,
    )


def unguided(plan: Plan, spec: dict[str, Any]) -> Plan:
    """The same at scale 0, from the same noise."""
    return replace(plan, denoiser=guided(spec, plan.counter, scale=0.0)[1])


def samples(name: str, folder: Path) -> dict[str, Tensor] | None:
    """The samples of a run, as a file holds them. A run whose samples should match test examples
    also has these as `condition`, and `unguided` samples from the same noise. None but on rank
    0."""
    spec, chunks = params.run(name), params.section("sampling")
    condition = condition_of(spec)
    plan, extra = plan_of(spec, condition), {}
    if condition is not None and condition.source is not None:
        plain = sample_chunks(unguided(plan, spec), spec["n"], folder / "unguided", **chunks)
        extra = {"condition": condition.values, "source": condition.source}
        extra |= {"unguided": plain.samples} if plain else {}
    drawn = sample_chunks(plan, spec["n"], folder, **chunks)
    return drawn.tensors() | extra if drawn else None
