"""No guidance."""

from scorefield.core.denoiser import Denoiser, Model


def plain(model: Model, helper: Model) -> Denoiser:
    """The model as it is."""
    return model
