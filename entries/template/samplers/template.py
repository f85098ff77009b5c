"""Euler's method on the probability-flow ODE, with steps that shrink towards the data."""

from itertools import pairwise

from scorefield.core.denoiser import velocity


def template(denoiser, schedule, x, times, randn, *, power: float):
    """Yields x after each step; power 1 has equal steps, above 1 smaller ones near the data."""
    for t, s in pairwise(times**power):
        x = x + (s - t) * velocity(denoiser, schedule, x, t.to(x))
        yield x
