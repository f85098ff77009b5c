"""No guidance: the posterior mean of a model that draws."""

from scorefield.core.bounds import Count
from scorefield.core.denoiser import Denoiser, posterior_mean


def mean(denoiser: Denoiser, *, draws: Count = 16) -> Denoiser:
    """The average of `draws` draws at every call, for methods that need the posterior mean (Heun,
    instability scores). It costs `draws` network calls."""
    return posterior_mean(denoiser, draws)
