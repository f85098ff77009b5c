"""No guidance."""

from scorefield.core.denoiser import Denoiser


def plain(denoiser: Denoiser) -> Denoiser:
    """The denoiser as it is."""
    return denoiser
