"""No guidance, of a model that draws: its posterior mean."""

from scorefield.core.denoiser import Denoiser, Model, averaged


def mean(model: Model, helper: Model, *, draws: int) -> Denoiser:
    """The average of `draws` draws at every call, for what needs a mean (Heun, scores)."""
    return averaged(model, draws)
