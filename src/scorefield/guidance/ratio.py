"""Ratio guidance: by a learned density ratio, samples of one model match given examples y."""

import torch
from torch import Tensor

from scorefield.core.bounds import Choice, NonNegative
from scorefield.core.condition import Condition
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.errors import InputError
from scorefield.core.hardware import sent
from scorefield.core.interval import Interval
from scorefield.core.log_ratio import LogRatio, log_ratio_of
from scorefield.core.model import Model
from scorefield.core.tilt import tilt
from scorefield.pipeline.image_files import load_image


def ratio(
    denoiser: Denoiser,
    guide: LogRatio | Model,
    *,
    scale: float = 5.0,
    low: NonNegative = 0.0,
    high: NonNegative = 50.0,
    bound: NonNegative = 1.0,
) -> Denoiser:
    """x_0 + scale sigma^2 / alpha grad T(x_t, y), y the condition of each sample, at noise levels
    sigma / alpha in [low, high]; for images clipped to [-bound, bound] if bound is above 0.

    With the true ratio and scale 1 it is E[x_0 | x_t, y]. A step costs one network call of the
    guide and its backward call. Raises InputError for a guide that is not a ratio, and for samples
    without a condition.
    """
    log_ratio = checked_ratio(guide, denoiser)

    def make(chunk: Chunk) -> Denoiser:
        (inner,), condition = chunk.bind(denoiser), chunk.condition
        if condition is None:
            raise InputError("ratio guidance needs a condition: test_pair in the run's data")

        def log_weight(x: Tensor, t: Tensor) -> Tensor:
            rows = sent(t, x.device).reshape(-1).expand(len(x))
            if log_ratio.condition == "clean":
                return log_ratio(x, rows, condition, torch.zeros_like(rows))
            with torch.no_grad():
                y = log_ratio.schedule.add_noise(condition, rows, chunk.randn)
            return log_ratio(x, rows, y, rows)

        return bounded(tilt(inner, log_weight, scale, Interval(low, high)), bound)

    return derived(denoiser, make)


def checked_ratio(guide: LogRatio | Model, *denoisers: Denoiser) -> LogRatio:
    """The log ratio of a guide. Raises InputError for a guide that is not a ratio or has another
    schedule than a denoiser, and for a denoiser that draws."""
    found = log_ratio_of(guide)
    t = torch.tensor([0.3, 0.7])
    for denoiser in denoisers:
        needs_mean(denoiser, "ratio guidance")
        own, other = torch.stack(denoiser.schedule(t)), torch.stack(found.schedule(t))
        if (own - other).abs().max() > 1e-6:
            raise InputError("guide: expected a ratio with the same schedule as the model")
    return found


def bounded(denoiser: Denoiser, bound: float) -> Denoiser:
    """x_0 of images clipped to [-bound, bound], if bound is above 0."""

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def clipped(x: Tensor, t: Tensor) -> Tensor:
            x0 = inner(x, t)
            return x0.clamp(-bound, bound) if bound > 0 and x.ndim > 3 else x0

        return clipped

    return derived(denoiser, make)


def condition(data: dict[str, Tensor], n: int, *, entry: Choice = -1, image: str = "") -> Condition:
    """The y that each of n samples should match, and the index of the test pair that it is.

    If `entry` is -1, sample i has pair i of the test split, cyclically; else all have that pair.
    With `image` all have this image file, in the size and channels of the data. Raises InputError
    for data without pairs, and for an unknown entry.
    """
    if "test_pair" not in data:
        raise InputError("ratio guidance needs data with pairs")
    pairs = data["test_pair"]
    if image:
        one = load_image(image, pairs.shape[1:])
        return Condition(one.expand(n, *one.shape), torch.full((n,), -1))
    if not -1 <= entry < len(pairs):
        raise InputError(f"ratio.entry: expected -1 to {len(pairs) - 1}, found {entry}")
    source = torch.arange(n) % len(pairs) if entry < 0 else torch.full((n,), entry)
    return Condition(pairs[source], source)


def joint_guidance(
    denoisers: tuple[Denoiser, Denoiser],
    guide: LogRatio | Model,
    *,
    scale: float,
    low: float,
    high: float,
    bound: float = 0.0,
) -> Denoiser:
    """The joint denoiser of (x, y), stacked (B, 2, ...): each half is shifted along the gradient of
    T(x_t, y_t) with respect to it. Raises InputError for a guide whose condition is not same_t."""
    log_ratio = checked_ratio(guide, *denoisers)
    if log_ratio.condition != "same_t":
        raise InputError("joint: to draw x and y together, use a ratio with condition: same_t")

    def log_weight(xy: Tensor, t: Tensor) -> Tensor:
        rows = sent(t, xy.device).reshape(-1).expand(len(xy))
        return log_ratio(xy[:, 0], rows, xy[:, 1], rows)

    def make(chunk: Chunk) -> Denoiser:
        halves = chunk.bind(*denoisers)

        def independent(xy: Tensor, t: Tensor) -> Tensor:
            return torch.stack([half(xy[:, i], t) for i, half in enumerate(halves)], 1)

        joint = derived(denoisers[0], lambda _: independent)
        return bounded(tilt(joint, log_weight, scale, Interval(low, high)), bound)

    return derived(denoisers[0], make)
