"""Autoguidance (Karras et al. 2024, arXiv 2406.02507): away from a weaker model."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Chunk, Denoiser, Function, derived, needs_mean
from scorefield.core.errors import InputError


def autoguidance(denoiser: Denoiser, guide: Denoiser, *, scale: float = 2.0) -> Denoiser:
    """x_0 of the guide, the weaker model, plus `scale` times the difference that the denoiser
    makes; scale 1 is the denoiser, 0 the guide.

    At each noise level it is the denoiser of p_t^scale q_t^(1 - scale), with p_t the law of the
    denoiser and q_t that of the guide. Both get the same condition. Two network calls, one at scale
    1. Raises InputError for a guide that is no denoiser or has another schedule, and at another
    scale than 1 for models that draw.
    """
    expect_guide(guide, denoiser)
    if scale != 1:
        for each in (denoiser, guide):
            needs_mean(each, "autoguidance")

    def make(chunk: Chunk) -> Function:
        good, weak = chunk.bind(denoiser, guide)
        if scale == 1:
            return good

        def guided(x: Tensor, t: Tensor) -> Tensor:
            worse = weak(x, t)
            return worse + scale * (good(x, t) - worse)

        return guided

    return derived(denoiser, make)


def expect_guide(guide: Denoiser, denoiser: Denoiser) -> None:
    """Raises InputError for anything but a denoiser with the same schedule as another one."""
    if not isinstance(guide, Denoiser):
        raise InputError(
            "autoguidance: expected a model of the same data as its guide, not a ratio"
        )
    t = torch.tensor([0.3, 0.7])
    own, other = torch.stack(denoiser.schedule(t)), torch.stack(guide.schedule(t))
    if (own - other).abs().max() > 1e-6:
        raise InputError("guide: expected a model with the same schedule as the guided one")
