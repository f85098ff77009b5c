"""Groups of channels that are normalised together."""

from math import gcd

LEAST = 16  # channels of a group: with fewer, PyTorch's normalisation in channels last is slow


def groups(*channels: int) -> int:
    """The number of groups for layers of these widths, with at least 16 channels each if they have
    so many."""
    return max(1, gcd(*channels) // LEAST)
