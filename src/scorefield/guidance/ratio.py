"""Ratio guidance: a model steered by a learned density ratio to match given samples of another."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser, Model, needs_mean
from scorefield.core.errors import InputError
from scorefield.core.files import load_image
from scorefield.core.ratio import noised
from scorefield.core.tilt import tilt


def ratio(
    model: Model,
    helper: Model,
    *,
    scale: float,
    low: float,
    high: float,
    bound: float,
    entry: int = -1,
    image: str = "",
) -> Denoiser:
    """x_0 + scale sigma^2 / alpha grad T(x_t, y), y what the helper was given for each sample, at
    noise levels sigma / alpha in [low, high]; of images clipped to [-bound, bound] if bound is
    above 0. What is to be matched follows from `entry` and `image`, see `given`.

    With the true ratio and scale 1 it is E[x_0 | x_t, y]. One network call of the helper and its
    backward. Raises InputError for a helper that is no ratio or was given nothing.
    """
    fits(helper, model)

    def log_weight(x: Tensor, t: Tensor) -> Tensor:
        rows = t.reshape(-1).expand(len(x)).to(x)
        if helper.given is None:
            raise InputError("ratio guidance needs something to match: test_pair in the run's data")
        helper.calls += 1
        if helper.net.condition == "clean":
            return helper.net(x, rows, helper.given, torch.zeros_like(rows))
        with torch.no_grad():
            y = noised(helper, helper.given, rows, helper.randn)
        return helper.net(x, rows, y, rows)

    return bounded(tilt(model, model.schedule, log_weight, scale, low, high), bound)


def fits(helper: Model, *models: Model) -> None:
    """Raise InputError for a helper that is no ratio, or knows other noise levels than a model, and
    for a model that draws."""
    if not hasattr(helper.net, "table"):
        raise InputError("helper: ratio guidance needs a model that estimates a ratio")
    t = torch.tensor([0.3, 0.7])
    for model in models:
        needs_mean(model, "ratio guidance")
        if (torch.stack(model.schedule(t)) - torch.stack(helper.schedule(t))).abs().max() > 1e-6:
            raise InputError("helper: a ratio knows the noise levels of its model's schedule only")


def bounded(denoiser: Denoiser, bound: float) -> Denoiser:
    """x_0 of images clipped to [-bound, bound], if bound is above 0."""

    def clipped(x: Tensor, t: Tensor) -> Tensor:
        x0 = denoiser(x, t)
        return x0.clamp(-bound, bound) if bound > 0 and x.ndim > 3 else x0

    return clipped


def given(
    data: dict[str, Tensor], n: int, *, entry: int = -1, image: str = ""
) -> dict[str, Tensor]:
    """What n samples are to match, `given` (n, ...), and the test pair it is, `source` (n,), -1 for
    none.

    Every sample another pair of the test split if `entry` is -1, else all that one; or all an image
    file of the user's, in the data's size and channels. Raises InputError where there is none.
    """
    if "test_pair" not in data:
        raise InputError("ratio guidance needs data with pairs, such as digits-pairs")
    pairs = data["test_pair"]
    if image:
        one = load_image(image, pairs.shape[1:])
        return {"given": one.expand(n, *one.shape), "source": torch.full((n,), -1)}
    if not -1 <= entry < len(pairs):
        raise InputError(f"ratio.entry: expected -1 to {len(pairs) - 1}, found {entry}")
    source = torch.arange(n) % len(pairs) if entry < 0 else torch.full((n,), entry)
    return {"given": pairs[source], "source": source}


def both(
    models: tuple[Model, Model],
    helper: Model,
    *,
    scale: float,
    low: float,
    high: float,
    bound: float = 0.0,
) -> Denoiser:
    """The joint denoiser of (x, y), stacked (B, 2, ...): each half is moved by the gradient of
    T(x_t, y_t) in it, for a helper whose condition is same_t. Raises InputError for another."""
    fits(helper, *models)
    if helper.net.condition != "same_t":
        raise InputError("joint: x and y drawn together need a ratio with condition: same_t")

    def log_weight(both: Tensor, t: Tensor) -> Tensor:
        rows = t.reshape(-1).expand(len(both)).to(both)
        helper.calls += 1
        return helper.net(both[:, 0], rows, both[:, 1], rows)

    def apart(both: Tensor, t: Tensor) -> Tensor:
        return torch.stack([model(both[:, i], t) for i, model in enumerate(models)], 1)

    return bounded(tilt(apart, helper.schedule, log_weight, scale, low, high), bound)
