"""Guidance in a limited interval of noise levels (Kynkaanniemi et al. 2024, arXiv 2404.07724)."""

from collections.abc import Callable
from typing import Annotated, Any

import torch
from torch import Tensor

from scorefield.core.bounds import Method, NonNegative
from scorefield.core.condition import Condition
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived
from scorefield.core.interval import Interval
from scorefield.core.registry import hook, load_method, with_knobs

Guidance = Annotated[str | Callable[..., Any], Method("guidance")]


def interval(
    denoiser: Denoiser,
    guide: Denoiser | None = None,
    *,
    guidance: Guidance = "cfg",
    scale: float = 1.0,
    low: NonNegative = 0.28,
    high: NonNegative = 2.9,
) -> Denoiser:
    """Another guidance at noise levels sigma / alpha in [low, high], and the denoiser as it is at
    all others, where it costs one network call.

    `guidance` is a name, or a function of a denoiser and, where it needs one, a guide; it gets
    `scale` if it has that setting. The default interval is the paper's for EDM2-S. The denoiser as
    it is has its condition: at other levels cfg is the conditional model.
    """
    found = load_method("guidance", guidance) if isinstance(guidance, str) else guidance
    guides = [] if guide is None else [guide]
    levels = Interval(low, high)
    guided: Denoiser = with_knobs(found, {"scale": scale})(denoiser, *guides)

    def make(chunk: Chunk) -> Function:
        inner, outer = chunk.bind(guided, denoiser)

        def limited(x: Tensor, t: Tensor) -> Tensor:
            inside = levels.holds(denoiser.schedule, x, t)
            if not inside.any():
                return outer(x, t)
            moved = inner(x, t)
            return moved if inside.all() else torch.where(inside, moved, outer(x, t))

        return limited

    return derived(denoiser, make, draws=denoiser.draws or guided.draws)


def condition(data: dict[str, Tensor], n: int, *, guidance: Guidance = "cfg") -> Condition | None:
    """What each of n samples should match under the other guidance, by its own defaults; None where
    it needs nothing."""
    find = hook("guidance", guidance, "condition") if isinstance(guidance, str) else None
    return find(data, n) if find else None
