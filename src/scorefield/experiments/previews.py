"""A look at a model while it trains: a grid of samples at every validation."""

from pathlib import Path

import torch

from scorefield.core.bridge import walk
from scorefield.core.denoiser import Chunk
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import times
from scorefield.plots.grid import grid


def preview(model: Model, folder: Path, step: int) -> Path:
    """Draw 36 images by ten DDIM steps, always from the same noise; returns the picture's path."""
    randn = streams(0, range(36))
    (denoiser,) = Chunk(randn).bind(model)
    x = randn(torch.empty(36, *model.shape, device=model.device))
    *_, x = walk(denoiser, x, times(10), randn, churn=0.0)
    path = folder / f"{step:06}.png"
    grid(x.cpu(), str(path), columns=6)
    return path
