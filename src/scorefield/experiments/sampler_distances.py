"""How close samplers come to the flow of exact denoisers, at equal numbers of network calls."""

from collections.abc import Callable, Iterator
from math import pi
from typing import Any

import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from scorefield.core.denoiser import Counter, Denoiser, counted
from scorefield.core.exact import Mixture
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, named, times
from scorefield.samplers.adams import adams
from scorefield.samplers.ddim import ddim
from scorefield.samplers.dpmpp import dpmpp
from scorefield.samplers.heun import heun
from scorefield.samplers.unipc import unipc

N, CALLS, SCHEDULES = 1024, (5, 10, 20, 40), ("cosine", "ddpm")
DATA_END = 1e-5  # the angle at which the flow is at the data
SAMPLERS: dict[str, tuple[Callable[..., Iterator[Tensor]], dict[str, Any]]] = {
    "ddim": (ddim, {}),
    "heun": (heun, {}),
    "heun_angle": (heun, {"spacing": "angle"}),
    "dpmpp": (dpmpp, {}),
    "unipc": (unipc, {}),
    "adams_2": (adams, {"order": 2}),
    "adams": (adams, {}),
}


def laws() -> list[Mixture]:
    """A ring with a rare mode, a grid, and three Gaussians of different widths, in float64."""
    mean = torch.tensor([[0.0, 0.0], [3.0, 1.0], [-1.0, 2.5]], dtype=torch.float64)
    cov = torch.tensor([0.25, 0.09, 0.4])[:, None, None] * torch.eye(2)
    weight = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    return [Mixture.ring(rare=0.01), Mixture.grid(), Mixture(weight, mean, cov.double())]


def start_of(schedule: str) -> float:
    """The angle atan(sigma / alpha) at which the time 1 is."""
    alpha, sigma = named(schedule)(torch.ones((), dtype=torch.float64))
    return torch.atan2(sigma, alpha).item()


def flow(law: Mixture, noise: Tensor, start: float) -> Tensor:
    """Where the flow takes sin(start) times the noise (N, D) from the angle `start`, by the method
    DOP853 with errors below 1e-9; it does not depend on a schedule."""
    denoiser = law.denoiser(cosine())

    def slope(angle: float, x: Any) -> Any:
        at, phi = torch.from_numpy(x).view_as(noise), torch.tensor(angle, dtype=torch.float64)
        return ((phi.cos() * at - denoiser(at, 2 * angle / pi)) / phi.sin()).flatten().numpy()

    begun = (torch.tensor(start, dtype=torch.float64).sin() * noise).flatten().numpy()
    precise: dict[str, Any] = {"method": "DOP853", "rtol": 1e-9, "atol": 1e-9}
    found = solve_ivp(slope, (start, DATA_END), begun, t_eval=[DATA_END], **precise)
    return torch.from_numpy(found.y[:, -1]).view_as(noise)


def endpoints(denoiser: Denoiser, x: Tensor, calls: int) -> dict[str, Tensor]:
    """The end points of all samplers. Heun has an odd number of calls: one fewer, if need be."""
    found = {}
    for name, (sampler, knobs) in SAMPLERS.items():
        steps, counter = (calls + 1) // 2 if sampler is heun else calls, Counter()
        *_, found[name] = sampler(counted(denoiser, counter), x, times(steps), **knobs)
        assert calls - 1 <= counter.calls <= calls
    return found


def distances(found: list[dict[str, Tensor]], goals: list[Tensor]) -> dict[str, float]:
    """The root mean square distance over the points of all laws, by sampler."""
    return {
        name: torch.cat([each[name] - goal for each, goal in zip(found, goals, strict=True)])
        .square()
        .sum(1)
        .mean()
        .sqrt()
        .item()
        for name in found[0]
    }


def noise() -> Tensor:
    """What all samplers begin with, (N, 2) in float64."""
    return streams(0, range(N))(torch.empty(N, 2, dtype=torch.float64))


@torch.no_grad()
def sampler_distances(measured: dict[str, Any]) -> dict[str, float]:
    """`<sampler>_<calls>` on the cosine schedule, and with `ddpm_` before it on that of DDPM. What
    `make bench` measured of other libraries, `measured` by schedule and calls, is `azula_best_` and
    `diffusers_best_`."""
    z, found = noise(), dict[str, float]()
    for schedule in SCHEDULES:
        goals = [flow(law, z, start_of(schedule)) for law in laws()]
        x = named(schedule).sigma(torch.ones((), dtype=torch.float64)) * z
        front = "" if schedule == "cosine" else f"{schedule}_"
        for calls in CALLS:
            drawn = [endpoints(law.denoiser(named(schedule)), x, calls) for law in laws()]
            found |= {f"{front}{k}_{calls}": v for k, v in distances(drawn, goals).items()}
            row = measured.get(schedule, {}).get(str(calls), {})
            for who in ("azula_best", "diffusers_best"):
                if who in row:
                    found[f"{front}{who}_{calls}"] = row[who]
    return found
