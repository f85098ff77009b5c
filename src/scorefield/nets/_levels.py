"""The noise levels of a diffusers scheduler, what its network predicts, and the network's clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.core.network import Prediction
from scorefield.core.schedule import SCHEDULES, STEPS, Schedule, linear
from scorefield.core.tabulated import exploding, tabulated

PREDICT: dict[str, Prediction] = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}
BETAS = (
    *("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas"),
    "rescale_betas_zero_snr",
)
FLOW = ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler")
EDM = ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler")
SAME = 1e-3  # the largest difference of alpha^2 and sigma^2 between tables that count as one


@dataclass(frozen=True)
class Levels:
    """A schedule; the timestep that the network gets at t; what it predicts, with a sign, and for
    edm the standard deviation of its data."""

    schedule: Schedule
    clock: Callable[[Tensor], Tensor]
    predict: Prediction
    sign: float = 1.0
    std: float = 1.0


def levels_of(scheduler: Mapping[str, Any]) -> Levels:
    """The noise levels of the configuration of a scheduler: betas of any kind, flow matching, EDM,
    or Euler's with continuous noise levels. Raises InputError for others."""
    kind, said = str(scheduler.get("_class_name")), scheduler.get("prediction_type", "epsilon")
    if said not in PREDICT:
        raise InputError(f"prediction_type: {said} is not one of {', '.join(PREDICT)}")
    steps: int = scheduler.get("num_train_timesteps", STEPS)
    if kind in FLOW:
        if scheduler.get("invert_sigmas"):
            raise InputError(f"its {kind} runs from data to noise (invert_sigmas): not supported")
        return Levels(linear(), lambda t: steps * t, "flow")
    continuous = scheduler.get("timestep_type") == "continuous"
    if kind in EDM or (continuous and said == "v_prediction"):
        schedule = exploding(scheduler.get("sigma_max") or last_level(betas(scheduler)))
        sign = 1.0 if said == "epsilon" else -1.0
        std = scheduler.get("sigma_data", 0.5) if kind in EDM else 1.0
        return Levels(schedule, lambda t: schedule.sigma(t).log() / 4, "edm", sign, std)
    if "beta_start" not in scheduler or continuous:
        raise InputError(f"its {kind} has no table of betas, no sigma_data and is no flow matching")
    table = betas(scheduler)
    return Levels(named_or(table), lambda t: len(table) * t - 1, PREDICT[said])


def last_level(table: Tensor) -> float:
    """sigma / alpha after the last step of a table of alpha^2."""
    return ((1 - table[-1]) / table[-1]).sqrt().item()


def betas(scheduler: Mapping[str, Any]) -> Tensor:
    """alpha^2 after each step of a table of betas, (steps,) in float64. Raises InputError for betas
    of a kind that diffusers does not support."""
    try:
        given = {key: scheduler[key] for key in BETAS if key in scheduler}
        found: Tensor = DDPMScheduler(**given).alphas_cumprod
    except (NotImplementedError, ValueError) as error:
        raise InputError(f"its betas: {error}") from None
    return found.double()


def named_or(table: Tensor) -> Schedule:
    """The schedule of a table: one of ours where it is the same, else its own."""
    for name, make in SCHEDULES.items():
        if name != "own" and same(make(), tabulated(table), len(table)):
            return make()
    return tabulated(table)


def same(one: Schedule, other: Schedule, steps: int = STEPS) -> bool:
    """Whether two schedules agree at so many times."""
    t = torch.arange(1, steps + 1, dtype=torch.float64) / steps
    first, second = torch.stack(one(t)).square(), torch.stack(other(t)).square()
    return bool((first - second).abs().max() < SAME)
