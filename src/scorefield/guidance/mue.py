"""Instability-biased guidance as first published (StanNgugi/mue_project, 2025), as a baseline."""

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.tilt import tilt
from scorefield.instability.original import original

WEIGHT = 5.0
GUIDED = 10  # the authors guide the steps 900, 800, ..., 100 of 1,000
CLOSE = 1e-3


def mue(
    denoiser: Denoiser,
    guide: Denoiser | None = None,
    *,
    scale: float = 1.0,
    probes: Count = 5,
    step: Positive = 0.05,
    sparse: bool = False,
) -> Denoiser:
    """The predicted noise minus 5 scale sigma times the gradient of the original instability score
    of the guide (by default of the denoiser itself): of the score and not its logarithm, with an
    absolute step, without normalisation.

    It guides every step, or with `sparse` the times .9, .8, ..., .1 only: 9 of 1,000 steps, as the
    authors do. A sampler with fewer steps N, a multiple of ten, guides the same 9 times, each for
    a longer step; the scale N / 1000 makes up for that to first order. A guided step costs probes +
    2 network calls and probes + 1 backward ones.
    """
    guide = denoiser if guide is None else guide
    needs_mean(denoiser, "guidance")

    def make(chunk: Chunk) -> Function:
        inner, measured = chunk.bind(denoiser, guide)

        def score(x: Tensor, t: Tensor) -> Tensor:
            return original(measured, x, t, chunk.randn, probes=probes, step=step)

        guided = tilt(inner, score, scale * WEIGHT)

        def at_some_times(x: Tensor, t: Tensor) -> Tensor:
            here = published(t)
            if not here.any():
                return inner(x, t)
            moved = guided(x, t)
            return moved if here.all() else torch.where(here, moved, inner(x, t))

        return at_some_times if sparse else guided

    return derived(denoiser, make)


def published(t: Tensor) -> Tensor:
    """Whether the authors guide the time t of [0, 1], bools of t's shape."""
    nearest = (GUIDED * t).round()
    return ((GUIDED * t - nearest).abs() < CLOSE) & (nearest > 0) & (nearest < GUIDED)
