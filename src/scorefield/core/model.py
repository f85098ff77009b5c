"""A network as a denoiser."""

import torch
from torch import Tensor, nn

from scorefield.core.denoiser import Chunk, Denoiser, Plain, derived, origin
from scorefield.core.errors import InputError
from scorefield.core.network import Prediction, hooks
from scorefield.core.schedule import Schedule, aligned


def read_x0(predict: Prediction, out: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """x_0 from the output of a network: x0, eps (Ho et al. 2020) or v = alpha eps - sigma x0
    (Salimans and Ho 2022)."""
    if predict == "x0":
        return out
    if predict == "eps":
        return (x - sigma * out) / alpha
    return (alpha * x - sigma * out) / (alpha**2 + sigma**2)


def loss_weight(predict: Prediction, alpha: Tensor, sigma: Tensor) -> Tensor:
    """The factor that turns a squared error of x_0 into one of the predicted quantity."""
    if predict == "x0":
        return torch.ones_like(sigma)
    if predict == "eps":
        return (alpha / sigma) ** 2
    return ((alpha**2 + sigma**2) / sigma) ** 2


class Model(nn.Module):
    """A network as a denoiser; `predict` is what the network predicts: x0, eps or v.

    `shape` is that of one sample. With `draws` the network takes noise xi of x's shape,
    concatenated to x along the channels, and x_0 is a draw from the posterior (De Bortoli et al.
    2025). With eps, x_0 is divided by alpha: raises InputError for a schedule whose alpha vanishes
    at pure noise.
    """

    def __init__(
        self,
        net: nn.Module,
        schedule: Schedule,
        predict: Prediction,
        shape: list[int] | tuple[int, ...],
        draws: bool = False,
    ) -> None:
        super().__init__()
        self.net, self.schedule, self.shape, self.draws = net, schedule, tuple(shape), draws
        self.predict: Prediction = hooks(net).predict or predict
        if self.predict == "eps" and schedule.alpha(torch.ones(())) < 1e-6:
            raise InputError("predict: eps needs a schedule with alpha(1) > 0 (ddpm); or use v, x0")

    @property
    def classes(self) -> int:
        """The number of classes that it takes as a condition, 0 for none."""
        return hooks(self.net).classes

    @property
    def device(self) -> torch.device:
        """The device of its weights."""
        return next((p.device for p in (*self.parameters(), *self.buffers())), torch.device("cpu"))

    def forward(
        self,
        x: Tensor,
        t: Tensor | float,
        xi: Tensor | None = None,
        condition: Tensor | None = None,
    ) -> Tensor:
        """x_0 (B, ...) from x_t (B, ...). For a model that draws, xi is fresh noise by default; for
        a network that takes labels, the condition is labels (B,)."""
        t = aligned(t, x)
        alpha, sigma = self.schedule(t)
        inputs = x
        if self.draws:
            inputs = torch.cat([x, torch.randn_like(x) if xi is None else xi], 1)
        net = hooks(self.net)
        labels = (net.training_labels(condition),) if net.classes else ()
        return read_x0(self.predict, self.net(inputs, t, *labels), x, alpha, sigma)

    def bind(self, chunk: Chunk) -> Denoiser:
        """The denoiser of a chunk: its noise gives xi, its condition the labels. Raises InputError
        where a model that takes labels gets another kind of condition."""
        condition = chunk.condition if self.classes else None
        if condition is not None and (condition.ndim != 1 or condition.is_floating_point()):
            raise InputError(
                "condition: this model takes labels (B,), whole numbers; found "
                f"{str(condition.dtype).removeprefix('torch.')} of shape {[*condition.shape]}"
            )
        if not self.draws and condition is None:
            return self

        def bound(x: Tensor, t: Tensor) -> Tensor:
            xi = chunk.randn(x) if self.draws else None
            return self(x, t, xi, condition)

        return derived(self, lambda _: bound)


def classes_of(denoiser: Denoiser) -> int:
    """The number of classes that a denoiser takes as a condition, 0 for none."""
    base = origin(denoiser)
    return base.classes if isinstance(base, Model) else 0


def shape_of(denoiser: Denoiser) -> tuple[int, ...] | None:
    """The shape of one sample, where it is known."""
    base = origin(denoiser)
    return base.shape if isinstance(base, Plain | Model) else None


def device_of(denoiser: Denoiser) -> torch.device:
    """The device of its weights; the CPU where that is not known."""
    base = origin(denoiser)
    return base.device if isinstance(base, Model) else torch.device("cpu")
