"""No guidance, of a model that draws: its posterior mean."""

from scorefield.core.bounds import Count
from scorefield.core.denoiser import Denoiser, posterior_mean


def mean(denoiser: Denoiser, *, draws: Count = 16) -> Denoiser:
    """The average of `draws` draws at every call, for what needs a mean (Heun, scores)."""
    return posterior_mean(denoiser, draws)
