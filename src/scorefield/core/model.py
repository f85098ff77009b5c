"""A network as a denoiser."""

import torch
from torch import Tensor, nn

from scorefield.core.denoiser import Chunk, Denoiser, Plain, derived, origin
from scorefield.core.errors import InputError
from scorefield.core.hardware import sent
from scorefield.core.network import Prediction, hooks
from scorefield.core.schedule import Schedule, aligned


def read_x0(
    predict: Prediction,
    out: Tensor,
    x: Tensor,
    alpha: Tensor,
    sigma: Tensor,
    std: float = 1.0,
) -> Tensor:
    """x_0 from the output of a network: x0, eps (Ho et al. 2020), v = alpha eps - sigma x0
    (Salimans and Ho 2022), flow = eps - x0 (Lipman et al. 2023), or edm, with c_skip and c_out of
    Karras et al. 2022, table 1, for data of standard deviation `std` around 0."""
    if predict == "x0":
        return out
    if predict == "eps":
        return (x - sigma * out) / alpha
    if predict == "v":
        return (alpha * x - sigma * out) / (alpha**2 + sigma**2)
    if predict == "flow":
        return (x - sigma * out) / (alpha + sigma)
    variance = (alpha * std) ** 2 + sigma**2  # of x_t
    return alpha * std**2 / variance * x + sigma * std / variance.sqrt() * out


def loss_weight(predict: Prediction, alpha: Tensor, sigma: Tensor, std: float = 1.0) -> Tensor:
    """The factor that turns a squared error of x_0 into one of the predicted quantity."""
    if predict == "x0":
        return torch.ones_like(sigma)
    if predict == "eps":
        return (alpha / sigma) ** 2
    if predict == "v":
        return ((alpha**2 + sigma**2) / sigma) ** 2
    if predict == "flow":
        return ((alpha + sigma) / sigma) ** 2
    return ((alpha * std) ** 2 + sigma**2) / (sigma * std) ** 2


class Model(nn.Module):
    """A network as a denoiser; `predict` is what the network predicts, see `read_x0`.

    `shape` is that of one sample. With `draws` the network takes noise xi of x's shape,
    concatenated to x along the channels, and x_0 is a draw from the posterior (De Bortoli et al.
    2025). With edm the network's input is scaled too (c_in); its clock stays t, in place of c_noise
    = log(sigma / alpha) / 4; `std` is the root mean square of the data. With eps, x_0 is divided by
    alpha: raises InputError for a schedule whose alpha vanishes at pure noise.
    """

    def __init__(
        self,
        net: nn.Module,
        schedule: Schedule,
        predict: Prediction,
        shape: list[int] | tuple[int, ...],
        draws: bool = False,
        std: float = 1.0,
    ) -> None:
        super().__init__()
        self.net, self.schedule, self.shape, self.draws = net, schedule, tuple(shape), draws
        self.std = std
        self.predict: Prediction = hooks(net).predict or predict
        if self.predict == "eps" and schedule.alpha(torch.ones(())) < 1e-6:
            raise InputError("predict: eps needs a schedule with alpha(1) > 0 (ddpm); or use v, x0")

    @property
    def classes(self) -> int:
        """The number of classes that it takes as a condition, 0 for none."""
        return hooks(self.net).classes

    @property
    def jumps(self) -> bool:
        """Whether it knows average velocities (Geng et al. 2025)."""
        return hooks(self.net).jumps

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
        until: Tensor | float | None = None,
    ) -> Tensor:
        """x_0 (B, ...) from x_t (B, ...). For a model that draws, xi is fresh noise by default; for
        a network that takes labels, the condition is labels (B,); for one that jumps, `until` is
        the time of the next step, see `core.denoiser.Jumping`."""
        t = aligned(t, x)
        alpha, sigma = self.schedule(t)
        inputs, net = x, hooks(self.net)
        if self.predict == "edm":
            inputs = x / ((alpha * self.std) ** 2 + sigma**2).sqrt()
        if self.draws:
            inputs = torch.cat([inputs, torch.randn_like(x) if xi is None else xi], 1)
        labels, at = net.training_labels(condition) if net.classes else None, sent(t, x.device)
        more: tuple[Tensor | None, ...] = (labels,) if net.classes else ()
        if net.jumps:
            more = labels, at if until is None else sent(aligned(until, x), x.device)
        out = self.net(inputs, at, *more)
        return read_x0(self.predict, out, x, alpha, sigma, self.std)

    def decode(self, x: Tensor) -> Tensor:
        """Images in [-1, 1] of samples, which are latents for a latent model."""
        return hooks(self.net).decode(x)

    def encode(self, x: Tensor) -> Tensor:
        """Samples of images in [-1, 1]: their latents for a latent model."""
        return hooks(self.net).encode(x)

    def bind(self, chunk: Chunk) -> Denoiser:
        """The denoiser of a chunk: its noise gives xi, its condition the labels. Raises InputError
        where a model that takes labels gets another kind of condition, or labels that it does not
        have."""
        condition = chunk.condition if self.classes else None
        if condition is not None and (condition.ndim != 1 or condition.is_floating_point()):
            raise InputError(
                "condition: this model takes labels (B,), whole numbers; found "
                f"{str(condition.dtype).removeprefix('torch.')} of shape {[*condition.shape]}"
            )
        if condition is not None and condition.max() >= self.classes:
            raise InputError(
                f"condition: this model takes {self.classes} classes, found label {condition.max()}"
            )
        if not self.draws and condition is None:
            return self

        def bound(x: Tensor, t: Tensor, until: Tensor | None = None) -> Tensor:
            xi = chunk.randn(x) if self.draws else None
            out: Tensor = self(x, t, xi, condition, until)
            return out

        return derived(self, lambda _: bound, jumps=self.jumps)


def put(model: Model, place: torch.device) -> Model:
    """The model on a device; on CUDA its kernels with channels last, in which convolutions are
    faster there."""
    moved = model.to(place)
    return moved.to(memory_format=torch.channels_last) if place.type == "cuda" else moved


def in_single(*models: Model) -> bool:
    """Whether all are models of images that compute in float32 alone."""
    return all(len(each.shape) == 3 and not hooks(each.net).float64 for each in models)


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
