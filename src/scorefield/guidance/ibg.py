"""Instability-biased guidance (MUE): towards where the denoiser is less sure."""

from inspect import getfullargspec
from typing import Literal

from torch import Tensor

from scorefield.core.denoiser import Denoiser, Model, needs_mean
from scorefield.core.tilt import gradient, push, tilt, unit
from scorefield.maps.eigenvalue import eigenvalue
from scorefield.maps.frobenius import frobenius
from scorefield.maps.minority import minority
from scorefield.maps.original import original
from scorefield.maps.renoise import renoise
from scorefield.maps.trace import trace

LEAST = 1e-8  # keeps the logarithm finite where a score vanishes


def ibg(
    model: Model,
    helper: Model,
    *,
    scale: float,
    score: Literal["trace", "frobenius", "original", "renoise", "minority", "eigenvalue"],
    probes: int,
    step: float,
    low: float,
    high: float,
    trust: float,
    normalised: bool,
) -> Denoiser:
    """The denoiser moved along the gradient of the log instability of the helper, at noise levels
    sigma / alpha in [low, high].

    Normalised, the predicted noise moves by `scale` of its size along the gradient's direction,
    less where the gradient's norm times sigma is below `trust`; else it is `tilt`, which samples
    p_t(x) DIS(x)^scale. Costs the score's network calls and as many backward ones.
    """
    needs_mean(helper, "ibg")
    schedule = model.schedule
    found = {f.__name__: f for f in (trace, frobenius, original, renoise, minority, eigenvalue)}
    given = {"probes": probes, "iterations": probes, "step": step}
    knobs = {key: given[key] for key in getfullargspec(found[score]).kwonlyargs}

    def log_weight(x: Tensor, t: Tensor) -> Tensor:
        unstable = found[score](helper, schedule, x, t, helper.randn, **knobs)
        return unstable.clamp_min(LEAST).log()

    def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
        return unit(gradient(log_weight, x, t), trust / schedule.sigma(t))

    if normalised:
        return push(model, schedule, direction, scale, low, high)
    return tilt(model, schedule, log_weight, scale, low, high)
