"""What laws with a known posterior share: their denoisers, and draws as a function of noise."""

from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from scorefield.core.denoiser import Chunk, Denoiser, Function, Plain, derived
from scorefield.core.schedule import Schedule, cosine


class Law(Protocol):
    """A law whose posterior is known at every noise level; t in the shapes of a denoiser."""

    def expected(self, schedule: Schedule, x: Tensor, t: Tensor, /) -> Tensor:
        """E[x_0 | x_t] of x (B, ...), of its shape."""

    def draw(self, schedule: Schedule, x: Tensor, t: Tensor, xi: Tensor, /) -> Tensor:
        """x_0 from p(x_0 | x_t), as a function of standard normal xi of x's shape."""


def denoiser_of(
    law: Law, shape: tuple[int, ...], schedule: Schedule | None, draws: bool
) -> Denoiser:
    """The posterior mean of a law of samples of a shape, or with `draws` draws from its posterior;
    the schedule is `cosine()` by default."""
    schedule = cosine() if schedule is None else schedule
    plain = Plain(partial(law.expected, schedule), schedule, shape=shape)
    if not draws:
        return plain

    def make(chunk: Chunk) -> Function:
        def draw(x: Tensor, t: Tensor) -> Tensor:
            return law.draw(schedule, x, t, chunk.randn(x))

        return draw

    return derived(plain, make, draws=True)


def quantile(share: Tensor, xi: Tensor) -> tuple[Tensor, Tensor]:
    """A component (B,) drawn by its share (B, K), and noise (B, D), as a function of standard
    normal xi (B, D).

    The quantile of the first coordinate of xi selects the component. Its position within the
    share of that component is again uniform, and gives the noise of the first coordinate.
    """
    row, above = torch.arange(len(xi), device=xi.device), share.cumsum(-1)
    uniform = torch.special.ndtr(xi[:, 0])
    k = (above < uniform[:, None]).sum(-1).clamp_max(share.shape[1] - 1)
    tiny = torch.finfo(xi.dtype).eps
    within = ((above[row, k] - uniform) / share[row, k]).clamp(tiny, 1 - tiny)
    return k, torch.cat([torch.special.ndtri(within)[:, None], xi[:, 1:]], 1)
