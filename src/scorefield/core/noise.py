"""Noise that depends on the run's seed and the sample's index alone."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from scorefield.core.bridge import Randn


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
