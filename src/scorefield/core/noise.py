"""Noise that depends only on the run's seed and the sample's index, and noise of coarser scales."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from scorefield.core.errors import InputError
from scorefield.core.hardware import sent
from scorefield.core.philox import stream

Randn = Callable[[Tensor], Tensor]  # standard normal noise of a tensor's shape
AHEAD = 64  # least numbers of a sequence that are made at once
BLOCK = 2**16  # numbers that a CPU makes at once, in its cache
CELLS = (1, 2)  # cells per side of the coarser scales of extra noise


def streams(seed: int, indices: Iterable[int]) -> Randn:
    """A source of noise (B, ...): its row i is from the sequence (seed, indices[i]) of Philox
    numbers.

    Philox is counter-based (Salmon et al. 2011): number p of a sequence is a function of seed,
    index and p alone. So rows do not depend on the chunk, the process or, within 1e-6, the device.
    They are made on the tensor's device. For a tensor with k times as many rows, each sequence
    gives k rows in turn. `seed` is in [0, 2^64); raises InputError for another one.
    """
    if not 0 <= seed < 2**64:
        raise InputError(f"seed: {seed} is not in [0, 2^64)")
    rows, start = torch.tensor(list(indices), dtype=torch.int64), 0
    ahead = torch.empty(len(rows), 0)

    def randn(like: Tensor) -> Tensor:
        nonlocal rows, start, ahead
        rows, ahead = sent(rows, like.device), sent(ahead, like.device)
        each = like.numel() // len(rows)
        missing = each - ahead.shape[1]
        if missing > 0:
            count = -(-max(missing, AHEAD) // 4) * 4
            block = max(1, BLOCK // count) if rows.device.type == "cpu" else len(rows)
            made = torch.cat([stream(seed, part, start, count) for part in rows.split(block)])
            start, ahead = start + count, torch.cat([ahead, made], 1)
        noise, ahead = ahead[:, :each], ahead[:, each:]
        return noise.reshape(like.shape).to(like)

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
