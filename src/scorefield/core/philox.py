"""The counter-based random numbers Philox4x32-10 in tensor operations (Salmon et al. 2011)."""

from math import tau

import torch
from torch import Tensor

WORD = 2**32 - 1  # the largest word of 32 bits
FACTORS = 0xD2511F53, 0xCD9E8D57
KEYS = 0x9E3779B9, 0xBB67AE85  # what is added to the key's words after each round
ROUNDS = 10


def words(counter: tuple[Tensor, Tensor, Tensor, Tensor], seed: int) -> tuple[Tensor, ...]:
    """Four random words of 32 bits for each counter of four words, all as int64 of one shape; the
    key is `seed`, in [0, 2^64). Equal on every device."""
    a, b, c, d = counter
    low, high = seed & WORD, seed >> 32
    for _ in range(ROUNDS):
        first, second = a * FACTORS[0], c * FACTORS[1]  # modulo 2^64, as unsigned ones
        a = (second >> 32).bitwise_xor_(b).bitwise_xor_(low).bitwise_and_(WORD)
        c = (first >> 32).bitwise_xor_(d).bitwise_xor_(high).bitwise_and_(WORD)
        b, d = second, first  # whose upper halves are dropped with those of a and c
        low, high = (low + KEYS[0]) & WORD, (high + KEYS[1]) & WORD
    return a, b & WORD, c, d & WORD


def normals(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Two independent standard normal numbers from two random words of 32 bits, in float32, with
    absolute value at most 6.8 (Box and Muller 1958). Devices differ by about 1e-6."""
    uniform = first.float().add_(0.5).mul_(1 / (WORD + 1)).clamp_max_(1)
    radius = uniform.log_().mul_(-2).sqrt_()
    angle = second.float().mul_(tau / (WORD + 1))
    return radius * angle.cos(), radius * angle.sin_()


def stream(seed: int, indices: Tensor, start: int, count: int) -> Tensor:
    """Numbers start, ..., start + count - 1 of the sequences of standard normal numbers (seed, i),
    for each i in `indices` (N,), as (N, count) in float32. Start and count are multiples of 4."""
    place = torch.arange(start // 4, (start + count) // 4, device=indices.device)
    index, place = torch.meshgrid(indices, place, indexing="ij")
    zero = torch.zeros_like(index)
    a, b, c, d = words((place.contiguous(), zero, index & WORD, index >> 32), seed)
    return torch.stack((*normals(a, b), *normals(c, d)), 2).flatten(1)
