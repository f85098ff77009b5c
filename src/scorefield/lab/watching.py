"""A look at a model on its way: a grid of samples at every validation."""

from pathlib import Path

import torch

from scorefield.core.bridge import walk
from scorefield.core.denoiser import Chunk
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import times
from scorefield.plots.grid import grid


def watch(model: Model, folder: Path, step: int) -> None:
    """Draw 36 images by ten DDIM steps, always from the same noise."""
    randn = streams(0, range(36))
    (denoiser,) = Chunk(randn).bind(model)
    x = randn(torch.empty(36, *model.shape, device=model.device))
    *_, x = walk(denoiser, x, times(10), randn, churn=0.0)
    grid(x.cpu(), str(folder / f"{step:06}.png"), columns=6)
