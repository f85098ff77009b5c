"""Euler's method on the probability-flow ODE, with steps that shrink towards the data."""

from itertools import pairwise

import torch

from scorefield.core.bounds import Positive
from scorefield.core.denoiser import velocity


def template(denoiser, x, times, randn=torch.randn_like, *, power: Positive = 1.5):
    """Yields x after each step; power 1 has equal steps, above 1 smaller ones near the data."""
    for t, s in pairwise(times**power):
        x = x + (s - t) * velocity(denoiser, x, t)
        yield x
