"""Ratio guidance: a model steered by a learned density ratio to match given samples of another."""

import torch
from torch import Tensor

from scorefield.core.bounds import NonNegative
from scorefield.core.condition import Condition
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.errors import InputError
from scorefield.core.files import load_image
from scorefield.core.log_ratio import LogRatio, log_ratio_of
from scorefield.core.model import Model
from scorefield.core.tilt import tilt


def ratio(
    denoiser: Denoiser,
    guide: LogRatio | Model,
    *,
    scale: float = 7.0,
    low: NonNegative = 0.0,
    high: NonNegative = 50.0,
    bound: NonNegative = 1.0,
) -> Denoiser:
    """x_0 + scale sigma^2 / alpha grad T(x_t, y), y the condition of each sample, at noise levels
    sigma / alpha in [low, high]; of images clipped to [-bound, bound] if bound is above 0.

    With the true ratio and scale 1 it is E[x_0 | x_t, y]. One network call of the guide and its
    backward. Raises InputError for a guide that is no ratio, and where no condition was given.
    """
    log_ratio = fitting(guide, denoiser)

    def make(chunk: Chunk) -> Denoiser:
        (inner,), given = chunk.bind(denoiser), chunk.condition
        if given is None:
            raise InputError("ratio guidance needs something to match: test_pair in the run's data")

        def log_weight(x: Tensor, t: Tensor) -> Tensor:
            rows = t.reshape(-1).expand(len(x))
            if log_ratio.condition == "clean":
                return log_ratio(x, rows, given, torch.zeros_like(rows))
            with torch.no_grad():
                y = log_ratio.schedule.add_noise(given, rows, chunk.randn)
            return log_ratio(x, rows, y, rows)

        return bounded(tilt(inner, log_weight, scale, low, high), bound)

    return derived(denoiser, make)


def fitting(guide: LogRatio | Model, *denoisers: Denoiser) -> LogRatio:
    """The ratio of a guide. Raises InputError for a guide that is no ratio, or knows other noise
    levels than a denoiser, and for a denoiser that draws."""
    found = log_ratio_of(guide)
    t = torch.tensor([0.3, 0.7])
    for denoiser in denoisers:
        needs_mean(denoiser, "ratio guidance")
        ours, theirs = (torch.stack(each.schedule(t)) for each in (denoiser, found))
        if (ours - theirs).abs().max() > 1e-6:
            raise InputError("guide: a ratio knows the noise levels of its model's schedule only")
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


def condition(data: dict[str, Tensor], n: int, *, entry: int = -1, image: str = "") -> Condition:
    """What n samples are to match, and the test pair it is.

    Every sample another pair of the test split if `entry` is -1, else all that one; or all an image
    file of the user's, in the data's size and channels. Raises InputError where there is none.
    """
    if "test_pair" not in data:
        raise InputError("ratio guidance needs data with pairs, such as digits-pairs")
    pairs = data["test_pair"]
    if image:
        one = load_image(image, pairs.shape[1:])
        return Condition(one.expand(n, *one.shape), torch.full((n,), -1))
    if not -1 <= entry < len(pairs):
        raise InputError(f"ratio.entry: expected -1 to {len(pairs) - 1}, found {entry}")
    source = torch.arange(n) % len(pairs) if entry < 0 else torch.full((n,), entry)
    return Condition(pairs[source], source)


def both(
    denoisers: tuple[Denoiser, Denoiser],
    guide: LogRatio | Model,
    *,
    scale: float,
    low: float,
    high: float,
    bound: float = 0.0,
) -> Denoiser:
    """The joint denoiser of (x, y), stacked (B, 2, ...): each half is moved by the gradient of
    T(x_t, y_t) in it, for a guide whose condition is same_t. Raises InputError for another."""
    log_ratio = fitting(guide, *denoisers)
    if log_ratio.condition != "same_t":
        raise InputError("joint: x and y drawn together need a ratio with condition: same_t")

    def log_weight(both: Tensor, t: Tensor) -> Tensor:
        rows = t.reshape(-1).expand(len(both))
        return log_ratio(both[:, 0], rows, both[:, 1], rows)

    def make(chunk: Chunk) -> Denoiser:
        halves = chunk.bind(*denoisers)

        def apart(both: Tensor, t: Tensor) -> Tensor:
            return torch.stack([half(both[:, i], t) for i, half in enumerate(halves)], 1)

        joint = derived(denoisers[0], lambda _: apart)
        return bounded(tilt(joint, log_weight, scale, low, high), bound)

    return derived(denoisers[0], make)
