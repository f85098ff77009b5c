"""Samples of several models under every variant of guidance, at every scale."""

from pathlib import Path
from typing import Any

from scorefield.core.by_row import by_row
from scorefield.core.denoiser import Counter, counted
from scorefield.core.hardware import device
from scorefield.core.model import Model, put
from scorefield.core.registry import load_method, with_knobs
from scorefield.core.results import SteeredSamples
from scorefield.experiments.sampling import Plan, sample_chunks
from scorefield.pipeline import params
from scorefield.pipeline.files import load_model
from scorefield.pipeline.variants import Variant, cells, denoisers, variants


def guidance_sweep(spec: dict[str, Any], folder: Path) -> list[SteeredSamples]:
    """The samples of an entry of `guidance_sweep`, by role, variant and scale, unguided ones first
    in each role; none but on rank 0. Chunks of samples are kept in `folder`, so that a killed run
    goes on."""
    found = []
    for role, model_name in denoisers(spec).items():
        model = put(load_model(f"models/{model_name}"), device())
        for name, scale in [("plain", 0.0), *cells(spec, role)]:
            method = Variant() if name == "plain" else variants(spec)[name]
            place = Path(folder, role, name, str(scale))
            place.mkdir(parents=True, exist_ok=True)
            how = plan(spec, model, method, scale)
            drawn = sample_chunks(how, spec["n"], place, chunk=spec["chunk"])
            if drawn is not None:
                found.append(SteeredSamples(role, name, scale, drawn.samples, drawn.nfe))
    return found


def plan(spec: dict[str, Any], model: Model, found: Variant, scale: float) -> Plan:
    """How samples of a model are drawn under one variant at a scale. A method has its defaults,
    overridden by its section in the entry and by what the variant fixes, and the scale if it takes
    one."""
    counter = Counter()
    own = spec.get(found.guidance, {}) | found.fixed | {"scale": found.sign * scale}
    guidance = with_knobs(load_method("guidance", found.guidance), own)
    if found.sampler is None:
        sampler = params.method("samplers", spec["sampler"], spec)
    else:
        louder = spec.get(found.sampler, {}) | {"scale": scale}
        sampler = with_knobs(load_method("samplers", found.sampler), louder)
    return Plan(
        denoiser=by_row(guidance(counted(model, counter))),
        sampler=sampler,
        shape=model.shape,
        steps=spec["steps"],
        seed=spec["seed"],
        device=device(),
        counter=counter,
    )
