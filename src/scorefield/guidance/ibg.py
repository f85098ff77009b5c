"""Instability-biased guidance (MUE): towards states where the denoiser is less certain."""

from collections.abc import Callable

from torch import Tensor

from scorefield.core.bounds import Count, NonNegative, Positive, Score
from scorefield.core.denoiser import Chunk, Denoiser, derived, needs_mean
from scorefield.core.interval import in_spreads
from scorefield.core.registry import load_method, with_knobs
from scorefield.core.tilt import gradient, rms_normalise, shift_prediction, tilt

LEAST = 1e-8  # keeps the logarithm finite where a score vanishes


def ibg(
    denoiser: Denoiser,
    guide: Denoiser | None = None,
    *,
    scale: float = 1.0,
    score: Score = "frobenius",
    probes: Count = 4,
    step: Positive = 0.05,
    low: NonNegative = 0.3,
    high: NonNegative = 2.3,
    spread: NonNegative = 0.0,
    trust: NonNegative = 0.05,
    normalised: bool = True,
) -> Denoiser:
    """The denoiser shifted along the gradient of the log instability of the guide (by default of
    the denoiser itself), at noise levels sigma / alpha from `low` to `high` times `spread`, the
    data's standard deviation along wide directions; 0 reads it from the denoiser, see `in_spreads`.
    `score` is an instability score or its name, with `probes` and `step`. If `normalised`, the
    predicted noise moves by `scale` times its size, by less where the norm of the gradient times
    sigma is below `trust`. Otherwise the target is p_t(x) DIS(x)^scale, see `tilt`. A step costs
    the calls of the score and as many backward ones. Raises InputError for models that draw."""
    measure = instability_score(score, probes, step)
    levels, guide = in_spreads(denoiser, low, high, spread), guide or denoiser
    for each in (denoiser, guide):
        needs_mean(each, "ibg")

    def make(chunk: Chunk) -> Denoiser:
        inner, measured = chunk.bind(denoiser, guide)

        def log_weight(x: Tensor, t: Tensor) -> Tensor:
            return measure(measured, x, t, chunk.randn).clamp_min(LEAST).log()

        def direction(x: Tensor, t: Tensor, x0: Tensor) -> Tensor:
            return rms_normalise(gradient(log_weight, x, t), trust / inner.schedule.sigma(t))

        steered = shift_prediction(inner, direction, scale, levels)
        return steered if normalised else tilt(inner, log_weight, scale, levels)

    return derived(denoiser, make)


def instability_score(score: Score, probes: int, step: float) -> Callable[..., Tensor]:
    """An instability score, given by name or as a function, with those of the knobs that it has."""
    found = load_method("instability", score) if isinstance(score, str) else score
    return with_knobs(found, {"probes": probes, "iterations": probes, "step": step})
