"""Heat maps of instability scores in 2-D, and instability along sampling trajectories of images."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.denoiser import Denoiser
from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.results import Frames, HeatMaps
from scorefield.core.schedule import aligned, time_at, times
from scorefield.samplers.ddim import ddim

Score = Callable[..., Tensor]  # (denoiser, x_t, t, randn) -> one number a row

GRID, REACH = 48, 5.0  # of a heat map: points a side, half of its width
FRAMES, WATCHED, STEPS = 8, 6, 24  # moments of the trajectories of a few images
SHARPER = 8  # times as many probes for a map of pixels, which is shown and not averaged


@dataclass(frozen=True)
class Settings:
    """Instability scores by name, the noise levels sigma / alpha, the seed of the noise, and how
    many draws of it the error is averaged over."""

    levels: list[float]
    seed: int
    scores: dict[str, Score]
    noises: int = 1


@runtime_checkable
class LawsNetwork(Protocol):
    """A network that knows the exact laws of all members of a dataset of layouts. x is (B E, D),
    the rows of all members' points; results are (B E,)."""

    def energies(self, x: Tensor, t: Tensor | float) -> Tensor:
        """-log p_t of each row."""

    def traces(self, x: Tensor, t: Tensor | float) -> Tensor:
        """The trace of the posterior covariance at each row."""


@torch.no_grad()
def heat_maps(
    model: Denoiser,
    exact: Denoiser,
    laws: LawsNetwork,
    members: int,
    settings: Settings,
    device: torch.device,
) -> HeatMaps:
    """Heat maps of a denoiser of E members and of its exact one, which has the given laws."""
    line = torch.linspace(-REACH, REACH, GRID)
    x = torch.cartesian_prod(line, line)[:, None].expand(-1, members, -1).to(device)
    levels = tqdm(settings.levels, desc="heat", unit=" levels")
    found = [heat_at(model, exact, laws, x, level, settings).float().cpu() for level in levels]
    trace, martingale, truth, error = torch.stack(found, 1)
    return HeatMaps(trace, martingale, truth, error, REACH)


def heat_at(
    model: Denoiser, exact: Denoiser, laws: LawsNetwork, x: Tensor, level: float, settings: Settings
) -> Tensor:
    """Trace, martingale residual, true trace and true error at alpha x, x (G, E, 2), of one noise
    level; (4, G, E), where x is."""
    t = aligned(time_at(model.schedule, level), x)
    rows = (model.schedule.alpha(t) * x).flatten(0, 1)
    found = [
        settings.scores[name](model, rows, t, streams(settings.seed, range(len(x))))
        for name in ("trace", "martingale")
    ]
    error = (model(rows, t) - exact(rows, t)).norm(dim=1)
    return torch.stack([*found, laws.traces(rows, t).to(error), error]).view(4, *x.shape[:2])


@torch.no_grad()
def frames(model: Model, settings: Settings) -> Frames:
    """A few images along their DDIM trajectories from noise."""
    randn, grid, trace = (
        streams(settings.seed, range(WATCHED)),
        times(STEPS),
        settings.scores["trace"],
    )
    probes = SHARPER * signature(trace).parameters["probes"].default
    x = randn(torch.empty(WATCHED, *model.shape, device=model.device))
    states = [x, *ddim(model, x, grid, randn)]
    found = []
    for i in tqdm(frame_steps(FRAMES), desc="path", unit=" frames"):
        x, t = states[i], aligned(grid[i], states[i])
        noise = streams(settings.seed + 1, range(WATCHED))
        variance = trace(model, x, t, noise, per_pixel=True, probes=probes)
        found.append(torch.stack([x, model(x, t), variance]).cpu())
    return Frames(*torch.stack(found, 1))


def frame_steps(count: int) -> list[int]:
    """The steps of a trajectory that `frames` shows."""
    found: list[int] = torch.linspace(1, STEPS - 1, count).round().long().tolist()
    return found


def frame_times(count: int) -> list[float]:
    """The times of `count` frames."""
    found: list[float] = times(STEPS)[frame_steps(count)].tolist()
    return found
