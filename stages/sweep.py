"""Sample two models under every guidance and scale. Usage: python stages/sweep.py NAME"""

from pathlib import Path

from torch import Tensor

from scorefield.core import params
from scorefield.core.denoiser import Model, by_row
from scorefield.core.files import command, load_model, save_tensors
from scorefield.core.hardware import device
from scorefield.lab.identity import running, scratch
from scorefield.lab.sampling import Plan, sample

WAYS = {  # guidance, what it is given at a scale, and a sampler of its own
    "plain": ("plain", lambda s: {}, None),
    "ibg": ("ibg", lambda s: {"scale": s}, None),
    "reversed": ("ibg", lambda s: {"scale": -s}, None),
    "random": ("random", lambda s: {"scale": s, "fresh": False}, None),
    "fresh": ("random", lambda s: {"scale": s, "fresh": True}, None),
    "minus_score": ("minus_score", lambda s: {"scale": s}, None),
    "temperature": ("temperature", lambda s: {"scale": s}, None),
    "sgms": ("sgms", lambda s: {"scale": s}, None),
    "mue": ("mue", lambda s: {"scale": s}, None),
    "boost": ("plain", lambda s: {}, "boost"),
}


def plan(spec: dict, model: Model, way: str, scale: float) -> Plan:
    guidance, given, sampler = WAYS[way]
    sampler, at = sampler or spec["sampler"], spec.get(guidance, {})
    guided = spec | {guidance: at | given(scale), "boost": spec.get("boost", {}) | {"scale": scale}}
    return Plan(
        denoiser=by_row(params.method("guidance", guidance, guided)(model, model)),
        models=(model,),
        schedule=model.schedule,
        sampler=params.method("samplers", sampler, guided),
        shape=model.shape,
        steps=spec["steps"],
        seed=spec["seed"],
        device=device(),
    )


def main(name: str) -> None:
    with scratch(running(f"sweep@{name}")) as folder:
        if out := cells(params.entry("sweeps", name), folder):
            save_tensors(f"samples/{name}-sweep.safetensors", out)


def cells(spec: dict, folder: Path) -> dict[str, Tensor]:
    """role/way/scale -> samples and network evaluations; nothing but on rank 0."""
    out = {}
    for role in ("model", "control"):
        model = load_model(f"models/{spec[role]}").to(device())
        every = [("plain", 0.0), *((w, float(s)) for w in spec["ways"] for s in spec["scales"])]
        for way, scale in every:
            key = f"{role}/{way}/{scale}"
            place = Path(folder, key)
            place.mkdir(parents=True, exist_ok=True)
            drawn = sample(
                plan(spec, model, way, scale), spec["n"], place, **params.section("sampling")
            )
            if drawn is not None:
                out |= {f"{key}/samples": drawn["samples"], f"{key}/nfe": drawn["nfe"]}
    return out


if __name__ == "__main__":
    command(main)
