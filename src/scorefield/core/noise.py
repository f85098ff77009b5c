"""Noise that depends on the run's seed and the sample's index alone, and its coarser scales."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

Randn = Callable[[Tensor], Tensor]  # standard normal noise of a tensor's shape
CELLS = (1, 2)  # a side: the scales at which extra noise is given to a network beside its own


def streams(seed: int, indices: Iterable[int]) -> Randn:
    """A source of noise whose row i comes from the Philox stream (seed, indices[i]).

    Philox is counter-based (Salmon et al. 2011): its key holds seed and index whole, so streams
    never meet, whatever the chunk or the process that draws them. Of a tensor with a multiple of
    as many rows, each stream gives as many in turn.
    """
    generators = [np.random.Generator(np.random.Philox(key=[seed, i])) for i in indices]

    def randn(like: Tensor) -> Tensor:
        shape = (len(like) // len(generators), *like.shape[1:])
        rows = [generator.standard_normal(shape, dtype=np.float32) for generator in generators]
        return torch.from_numpy(np.concatenate(rows)).to(like)

    return randn


def coarse(xi: Tensor) -> Iterator[Tensor]:
    """White noise (B, C, H, W), standard normal again in cells that share a value: a whole image
    can then agree on what it draws, which convolutions of pixel noise learn slowly."""
    height, width = xi.shape[2:]
    for cells in CELLS:
        scale = (height * width) ** 0.5 / cells
        yield interpolate(scale * adaptive_avg_pool2d(xi, cells), size=(height, width))


def scales() -> int:
    """At how many scales `coarse` and the noise itself give it."""
    return 1 + len(CELLS)
