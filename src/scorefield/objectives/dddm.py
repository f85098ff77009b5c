"""The energy score of draws (De Bortoli et al. 2025), least where they follow the posterior."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.bounds import Count, Exponent, NonNegative, Share
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.model import Model, squared_unit
from scorefield.core.network import Prediction

DRAWS = True  # the network takes noise


def dddm(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "v",
    m: Count = 8,
    beta: Exponent = 1.0,
    lam: Share = 1.0,
    smoothing: NonNegative = 1e-6,
    weighting: Literal["none", "sigmoid"] = "none",
    bias: float = -2.0,
    levels: Literal["uniform", "biased"] = "uniform",
    ramp: NonNegative = 0.0,
    mse: Share = 0.0,
) -> Tensor:
    """confinement - lam / 2 interaction per sample, of m draws for one x_t, shape (B,).

    Distances are root mean squares over coordinates in the space of `predict`, so beta 2, lam 0 is
    the loss of `ddpm`. The weight is 1, or alpha^2 / (alpha^2 + e^bias sigma^2). With `ramp` > 0
    beta goes to 2 and lam to 0 towards the data, as t^ramp (1 in iDDM, 2026); for t < `mse` it is
    the squared error of a single draw. Raises InputError for lam > 0 with m < 2.
    """
    if lam and m < 2:
        raise InputError(f"dddm.m: expected at least 2 draws for the interaction, found {m}")
    x = batch["x"]
    t = drawn_times(len(x), levels, x.device)
    alpha, sigma = model.schedule(t)
    unit, far, loss = squared_unit(predict, alpha, sigma), t >= mse, torch.zeros_like(t)
    power, share = 2 - (2 - beta) * t**ramp, lam * t**ramp
    one, many = drawn(model, x, t, far, m, batch.get("y"))
    near = ~far
    loss[near] = energy(one, x[near], unit[near], 2 + 0 * t[near], 0 * t[near], 0.0)
    loss[far] = energy(many, x[far], unit[far], power[far], share[far], smoothing)
    if weighting == "sigmoid":
        loss = loss * alpha**2 / (alpha**2 + sigma**2 * torch.tensor(bias).exp())
    return loss


def drawn_times(n: int, levels: str, device: torch.device) -> Tensor:
    """n times in (0, 1], uniform or logit-normal around .7 (the bias of iDDM), one in each n-th of
    their law, so that as many rows are far at every step."""
    uniform = 1 - (torch.arange(n, device=device) + torch.rand(n, device=device)) / n
    if levels == "biased":
        return torch.sigmoid(0.8 + 0.8 * torch.special.ndtri(uniform))
    return uniform


def drawn(
    model: Model, x: Tensor, t: Tensor, far: Tensor, m: int, labels: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Draws of x_0 for one x_t of each x, in float32 or more: one for a row that is not far,
    (N, 1, ...), and m for one that is, (F, m, ...); t, far and labels are (B,)."""
    noised = model.schedule.add_noise(x, t)
    near, far = (~far).nonzero()[:, 0], far.nonzero()[:, 0]
    rows = torch.cat([near, far.repeat_interleave(m)])
    chosen = None if labels is None else labels[rows]
    draws = model(noised[rows], t[rows], condition=chosen)
    draws = draws if draws.dtype == torch.float64 else draws.float()
    return draws[: len(near), None], draws[len(near) :].unflatten(0, (len(far), m))


def energy(
    draws: Tensor, x: Tensor, unit: Tensor, beta: Tensor, lam: Tensor, smoothing: float
) -> Tensor:
    """confinement - lam / 2 interaction of draws (B, m, ...) about x (B, ...), shape (B,).

    `unit` multiplies squared distances; it, beta and lam are (B,). The smoothing, added to squared
    distances, keeps the gradient finite where draws coincide and beta < 1.
    """
    near, apart = (unit[:, None] * square + smoothing for square in mean_squares(draws, x))
    confinement = (near ** (beta[:, None] / 2)).mean(1)
    interaction = (apart ** (beta[:, None] / 2)).sum(1) / max(apart.shape[1], 1)
    return confinement - lam / 2 * interaction


def mean_squares(draws: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squares over coordinates, of draws (B, m, ...) less x (B, ...), shape (B, m), and of
    the pairs i < j of draws, shape (B, m (m - 1) / 2)."""
    first, second = torch.triu_indices(draws.shape[1], draws.shape[1], 1, device=draws.device)
    mean_square = lambda gap: gap.square().flatten(2).mean(2)
    return mean_square(draws - x[:, None]), mean_square(draws[:, first] - draws[:, second])


def quarters(x: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Each quarter of time: its number, a quarter of the rows of x, and times spread over it."""
    for i in range(4):
        part = x[i::4]
        inner = (torch.arange(len(part), device=x.device) + 0.5) / len(part)
        yield i + 1, part, ((i + inner) / 4).to(x)


@torch.no_grad()
def probe(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Confinement, interaction (beta 1) and their ratio in each quarter of time, on validation.

    The ratio is 1 at the optimum for lam = 1, below where draws are too close; `ratio2`, that of
    squared distances, shows a collapse most clearly.
    """
    found: dict[str, float] = {}
    for i, x, t in quarters(data["validation"][:4096]):
        _, draws = drawn(model, x, t, t > 0, 2)
        near, apart = mean_squares(draws, x)
        confinement, interaction = (d.sqrt().mean().item() for d in (near, apart))
        found |= {f"confinement_{i}": confinement, f"interaction_{i}": interaction}
        found[f"ratio_{i}"] = interaction / confinement
        found[f"ratio2_{i}"] = (apart.mean() / near.mean()).item()
    return found


@torch.no_grad()
def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Where the law is known: the standard deviation of 64 draws over that of the exact posterior,
    on the test split, in each quarter of time (1 is nearest the data) and in the mean."""
    if "mixture.cov" not in data:
        return {}
    law = Mixture(*(data[f"mixture.{key}"] for key in ("weight", "mean", "cov")))
    found: dict[str, float] = {}
    for i, x, t in quarters(data["test"]):
        noised = model.schedule.add_noise(x, t)
        due = law.covariance(model.schedule, noised.double(), t).diagonal(dim1=1, dim2=2)
        draws = torch.stack([model(noised, t) for _ in range(64)])
        found[f"spread_{i}"] = (draws.var(0).sum() / due.sum()).sqrt().item()
    return found | {"spread": sum(found.values()) / len(found)}
