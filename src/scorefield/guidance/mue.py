"""Instability-biased guidance as first published (StanNgugi/mue_project, 2025), as a baseline."""

from torch import Tensor

from scorefield.core.bounds import Count, Positive
from scorefield.core.denoiser import Chunk, Denoiser, derived, needs_mean
from scorefield.core.tilt import tilt
from scorefield.instability.original import original

WEIGHT = 5.0


def mue(
    denoiser: Denoiser,
    guide: Denoiser | None = None,
    *,
    scale: float = 1.0,
    probes: Count = 5,
    step: Positive = 0.05,
) -> Denoiser:
    """The predicted noise minus 5 scale sigma times the gradient of the original instability score
    of the guide (by default of the denoiser itself): of the score and not its logarithm, with an
    absolute step, without normalisation, at all noise levels.

    The authors guide 9 of 1,000 steps; here every step is guided. A step costs probes + 2 network
    calls and probes + 1 backward ones.
    """
    guide = denoiser if guide is None else guide
    needs_mean(denoiser, "guidance")

    def make(chunk: Chunk) -> Denoiser:
        inner, measured = chunk.bind(denoiser, guide)

        def score(x: Tensor, t: Tensor) -> Tensor:
            return original(measured, x, t, chunk.randn, probes=probes, step=step)

        return tilt(inner, score, scale * WEIGHT)

    return derived(denoiser, make)
