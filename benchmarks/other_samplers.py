"""The samplers of diffusers and azula on an exact denoiser, for benchmarks/samplers.py.

Where a choice is free it is made in their favour: the network is called at the noise level of the
sampler and not at a rounded timestep; azula, which stops a little before the data, begins on the
flow itself and is given one more call at the end.
"""

from itertools import product
from math import pi
from typing import Any

import torch
from diffusers import (
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    HeunDiscreteScheduler,
    UniPCMultistepScheduler,
)
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.exact import Mixture
from scorefield.core.schedule import cosine, named

MULTISTEP = (DPMSolverMultistepScheduler, UniPCMultistepScheduler, DEISMultistepScheduler)
GRIDS: dict[str, dict[str, Any]] = {
    "linspace": {},
    "trailing": {"timestep_spacing": "trailing"},
    "karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
}
MOST = 0.999  # of a beta, as in diffusers' own cosine table
AZULA = ("zABSampler", "vABSampler", "zEABSampler", "xEABSampler", "REABSampler")
STOP = 1e-3  # the time at which azula stops


def betas(schedule: str) -> Any:
    """The table of 1,000 betas of a schedule."""
    bar = named(schedule).alpha(torch.arange(1001, dtype=torch.float64) / 1000) ** 2
    return (1 - bar[1:] / bar[:-1]).clamp_max(MOST).float().numpy()


def diffusers_samplers(law: Mixture, schedule: str, noise: Tensor, calls: int) -> dict[str, Tensor]:
    """The end points of each sampler on each grid, from standard normal noise."""
    torch.set_default_dtype(torch.float32)  # their tables are in float32
    denoiser, shared = law.denoiser(cosine()), {"trained_betas": betas(schedule)}
    shared |= {"prediction_type": "sample"}
    found = {}
    for (grid, given), kind, order in product(GRIDS.items(), MULTISTEP, (2, 3)):
        name = f"{kind.__name__.removesuffix('MultistepScheduler')}-{order} {grid}"
        scheduler = kind(solver_order=order, **shared, **given)
        found[name] = end(scheduler, denoiser, noise, calls, False)
    for grid, given in GRIDS.items():
        scheduler = HeunDiscreteScheduler(**shared, **given)
        found[f"Heun {grid}"] = end(scheduler, denoiser, noise, (calls + 1) // 2, True)
    torch.set_default_dtype(torch.float64)
    return found


def end(scheduler: Any, denoiser: Denoiser, noise: Tensor, steps: int, exploding: bool) -> Tensor:
    """Where a sampler ends; its x has the variance of x_t, or if `exploding` of x_t / alpha."""
    scheduler.set_timesteps(steps)
    scheduler.set_begin_index(0)
    x = noise.float() * scheduler.init_noise_sigma
    for t, level in zip(scheduler.timesteps, scheduler.sigmas, strict=False):
        scaled = x / (1 + level**2).sqrt() if exploding else x
        x0 = denoiser(scaled.double(), 2 / pi * level.double().atan())
        x = scheduler.step(x0.float(), t, x).prev_sample
    return x.double()


def azula_samplers(law: Mixture, schedule: str, noise: Tensor, calls: int) -> dict[str, Tensor]:
    """The end points of each multistep sampler at each order, on azula's cosine schedule or our
    own one as named, at equidistant times."""
    from azula import sample
    from azula.denoise import DiracPosterior
    from azula.noise import CosineSchedule

    exact = law.denoiser(cosine())
    scales = CosineSchedule() if schedule == "cosine" else named(schedule)

    class Exact(torch.nn.Module):
        """The denoiser as azula takes it."""

        schedule = scales

        def forward(self, x: Tensor, t: Tensor) -> Any:
            alpha, sigma = self.schedule(t)
            scale = (alpha**2 + sigma**2).sqrt()
            return DiracPosterior(exact(x / scale, 2 / pi * torch.atan2(sigma, alpha)))

    found, model = {}, Exact()
    stop = 0.0 if schedule == "cosine" else STOP
    alpha, sigma = model.schedule(torch.ones((), dtype=torch.float64))
    x = alpha * (law.weight @ law.mean) + sigma * noise
    for name, order in product(AZULA, (2, 3)):
        given = {"steps": calls, "stop": stop, "silent": True, "dtype": torch.float64}
        ended = getattr(sample, name)(model, order=order, **given)(x)
        found[f"{name.removesuffix('Sampler')}-{order}"] = model(ended, torch.tensor(stop)).mean
    return found
