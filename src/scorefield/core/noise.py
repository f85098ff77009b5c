"""Noise that depends only on the run's seed and the sample's index, and noise of coarser scales."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

Randn = Callable[[Tensor], Tensor]  # standard normal noise of a tensor's shape
CELLS = (1, 2)  # cells per side of the coarser scales of extra noise


def streams(seed: int, indices: Iterable[int]) -> Randn:
    """A source of noise whose row i comes from the Philox stream (seed, indices[i]).

    Philox is counter-based (Salmon et al. 2011): seed and index are its key, so that streams never
    overlap and do not depend on the chunk or process. For a tensor with k times as many rows, each
    stream gives k rows in turn.
    """
    generators = [np.random.Generator(np.random.Philox(key=[seed, i])) for i in indices]

    def randn(like: Tensor) -> Tensor:
        shape = (len(like) // len(generators), *like.shape[1:])
        rows = [generator.standard_normal(shape, dtype=np.float32) for generator in generators]
        return torch.from_numpy(np.concatenate(rows)).to(like)

    return randn


def coarse(xi: Tensor) -> Iterator[Tensor]:
    """For each number of cells per side in CELLS, standard normal noise (B, C, H, W) that is
    constant within a cell, computed from the noise xi (B, C, H, W). A network can use it for
    choices that concern the whole image."""
    height, width = xi.shape[2:]
    for cells in CELLS:
        scale = (height * width) ** 0.5 / cells
        yield interpolate(scale * adaptive_avg_pool2d(xi, cells), size=(height, width))


def scales() -> int:
    """The number of scales of extra noise: those of `coarse`, and the noise itself."""
    return 1 + len(CELLS)
