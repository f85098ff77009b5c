"""What a figure of a run says above it: the run, its methods, the number of samples and the score;
and the times of the columns of a trajectory."""

from typing import Any

import torch

from scorefield.core.schedule import times
from scorefield.metrics.bootstrap import Z
from scorefield.pipeline import params
from scorefield.plots.names import words


def methods(spec: dict[str, Any]) -> str:
    """The model, guidance and sampler of a run, in words."""
    model = params.entry("models", spec["model"])
    net = "exact denoiser" if model["net"] == "exact" else words(model["objective"])
    steps = params.section(spec["sampler"], spec)["steps"]
    guided = [] if spec["guidance"] == "plain" else [words(spec["guidance"])]
    return ", ".join([net, *guided, f"{words(spec['sampler'])} with {steps} steps"])


def scored(figures: dict[str, Any]) -> str:
    """The number of samples of a run, and its main scores."""
    said = [f"n = {figures['n']:,}"] if "n" in figures else []
    if "fid" in figures:
        ends = f"{figures['fid_low']:.3g} to {figures['fid_high']:.3g}"
        said.append(f"FID {figures['fid']:.3g} (95 %: {ends})")
    if "mmd2" in figures:
        half = Z * figures["mmd2_se"]
        said.append(f"squared MMD {figures['mmd2']:.1e} ± {half:.1e} (95 %)")
    if "agreement" in figures:
        said.append(f"{100 * figures['agreement']:.0f} % match")
    elif "rare_mode" in figures and "mmd2" in figures:
        said = [*said[:1], f"{100 * figures['rare_mode']:.1f} % in the rare mode"]
        said.append(f"{100 * figures['off_mode']:.1f} % in no mode")
    return ", ".join(said)


def title(name: str, spec: dict[str, Any], figures: dict[str, Any]) -> str:
    """Two lines above the figure of a run."""
    return f"{name}: {methods(spec)}\n{scored({'n': spec['n']} | figures)}"


def moments(spec: dict[str, Any], steps: int, count: int) -> list[str]:
    """What stands above the `count` frames of a trajectory of so many steps: their times, or their
    steps where the sampler moves the times."""
    shown = torch.linspace(0, steps, count).round().long()
    if params.section(spec["sampler"], spec).get("spacing", "time") != "time":
        return [f"step {step}" for step in shown.tolist()]
    return [f"t = {t:.2f}" for t in times(steps)[shown].tolist()]
