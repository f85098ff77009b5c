"""Samples that match given, drawn and joint y. Usage: python stages/match.py NAME"""

from pathlib import Path

import torch

from scorefield.core import params
from scorefield.core.files import command, load_data, load_model, save_tensors
from scorefield.core.hardware import device
from scorefield.guidance.ratio import both, given, ratio
from scorefield.lab.identity import running, scratch
from scorefield.lab.sampling import Plan, sample


def drawn(spec: dict, place: Path, denoiser, models, y=None, **given) -> dict[str, torch.Tensor]:
    """Samples of one cell, and their network evaluations."""
    plan = {
        "schedule": models[0].schedule,
        "sampler": params.method("samplers", spec["sampler"], spec),
        "shape": models[0].shape,
        "steps": spec["steps"],
        "seed": spec["seed"],
        "device": device(),
    }
    plan = Plan(denoiser=denoiser, models=models, given=y, **plan | given)
    found = sample(plan, spec["n"], place, **params.section("sampling"))
    return {"samples": found["samples"], "nfe": found["nfe"]}


def main(name: str) -> None:
    with scratch(running(f"match@{name}")) as folder:
        out = matches(params.entry("matches", name), folder)
        save_tensors(f"samples/{name}-match.safetensors", out)


def matches(spec: dict, folder: Path) -> dict[str, torch.Tensor]:
    roles = ("model", "partner", "helper", "joint")
    model, partner, helper, joint = (load_model(f"models/{spec[r]}").to(device()) for r in roles)
    knobs = {key: params.section("ratio")[key] for key in ("low", "high", "bound")}
    guide = lambda scale: ratio(model, helper, scale=scale, **knobs)
    told = given(load_data(spec["data"]), spec["n"])
    y, source = told["given"], told["source"]
    steered, cells, best = (model, helper), {}, float(spec["scale"])
    for scale in (0.0, *map(float, spec["scales"])):
        key = f"given/{scale}"
        cells[key] = drawn(spec, folder / key, guide(scale), steered, y)
    alone = drawn(spec, folder / "partner", partner, (partner,), seed=spec["seed"] + 1)
    key = f"drawn/{best}"
    seen = alone["samples"]
    found = drawn(spec, folder / key, guide(best), steered, seen)
    cells[key] = found | {"y": seen, "nfe": found["nfe"] + alone["nfe"]}
    key, together = f"joint/{best}", both((model, partner), joint, scale=best, **knobs)
    pair = drawn(spec, folder / key, together, (model, partner, joint), shape=[2, *model.shape])
    cells[key] = pair | dict(zip(("samples", "y"), pair["samples"].unbind(1), strict=True))
    out = {f"{cell}/{k}": v.contiguous() for cell, found in cells.items() for k, v in found.items()}
    return out | {"y": y, "source": source}


if __name__ == "__main__":
    command(main)
