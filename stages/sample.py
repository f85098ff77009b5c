"""Draw the samples of one run, alone or under torchrun. Usage: python stages/sample.py NAME"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from scorefield.core import params
from scorefield.core.files import command, load_data, load_model, save_tensors
from scorefield.core.hardware import device
from scorefield.lab.identity import running, scratch
from scorefield.lab.sampling import Plan, sample


def main(name: str) -> None:
    with scratch(running(f"sample@{name}")) as folder:
        drawn = samples(params.entry("runs", name), folder)
        if drawn is not None:
            save_tensors(f"samples/{name}.safetensors", drawn)


def samples(spec: dict[str, Any], folder: Path) -> dict[str, Tensor] | None:
    model, helper = (load_model(f"models/{spec[k]}").to(device()) for k in ("model", "helper"))
    guidance = params.module("guidance", spec["guidance"])
    plan = Plan(
        denoiser=params.method("guidance", spec["guidance"], spec)(model, helper),
        models=(model, helper),
        schedule=model.schedule,
        sampler=params.method("samplers", spec["sampler"], spec),
        shape=model.shape,
        steps=params.section(spec["sampler"], spec)["steps"],
        seed=spec["seed"],
        device=device(),
    )
    chunks, extra = params.section("sampling"), {}
    if hasattr(guidance, "given"):
        tell = params.bound(guidance.given, params.section(spec["guidance"], spec))
        told = tell(load_data(spec["data"]), spec["n"])
        if "source" in told:
            plain = params.method("guidance", spec["guidance"], spec)(model, helper, scale=0.0)
            beside = sample(replace(plan, denoiser=plain), spec["n"], folder / "unguided", **chunks)
            extra = told | ({"unguided": beside["samples"]} if beside else {})
        plan = replace(plan, given=told["given"])
    drawn = sample(plan, spec["n"], folder, **chunks)
    return drawn if drawn is None else drawn | extra


if __name__ == "__main__":
    command(main)
