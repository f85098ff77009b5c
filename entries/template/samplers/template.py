"""Euler's method on the probability-flow ODE, with smaller steps near the data."""

from itertools import pairwise

import torch

from scorefield.core.bounds import Positive
from scorefield.core.denoiser import velocity


def template(denoiser, x, times, randn=torch.randn_like, *, power: Positive = 1.5):
    """Yields x after each step. Power 1 gives equal steps, above 1 they shrink near the data."""
    for t, s in pairwise(times**power):
        x = x + (s - t) * velocity(denoiser, x, t)
        yield x
