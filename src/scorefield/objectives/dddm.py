"""The energy score of draws (De Bortoli et al. 2025); the posterior minimises it."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from scorefield.core.bounds import Exponent, NonNegative, Positive, Share, Size
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.core.hardware import sent
from scorefield.core.model import Model, loss_weight
from scorefield.core.network import Prediction
from scorefield.objectives._times import Levels, drawn_times

ROLE = "denoiser"
DRAWS = True  # the network takes extra noise


def dddm(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Prediction = "v",
    m: Size = 8,
    beta: Exponent = 1.0,
    lam: Share = 1.0,
    smoothing: NonNegative = 1e-6,
    weighting: Literal["none", "sigmoid"] = "none",
    bias: float = -2.0,
    levels: Levels = "uniform",
    location: float = 0.8,
    spread: Positive = 0.8,
    ramp: NonNegative = 0.0,
    mse: Share = 0.0,
) -> Tensor:
    """confinement - lam / 2 interaction per sample, of m draws for one x_t, shape (B,).

    Distances are root mean squares over coordinates of the predicted quantity, so that beta = 2 and
    lam = 0 give the loss of `ddpm`. The weight is 1, or alpha^2 / (alpha^2 + e^bias sigma^2). With
    `ramp` > 0, beta tends to 2 and lam to 0 as t^ramp for t -> 0 (1 in iDDM, 2026). For t < `mse`
    the loss is the squared error of one draw. Times are those of `drawn_times`, and uniform in
    validation. Raises InputError for lam > 0 with m < 2.
    """
    if lam and m < 2:
        raise InputError(f"dddm.m: expected at least 2 draws for the interaction, found {m}")
    x = batch["x"]
    times = drawn_times(x, levels, location, spread, model.training)
    t, rows = sent(times, x.device), split(times >= mse)
    alpha, sigma = model.schedule(t)
    weight, power = loss_weight(predict, alpha, sigma, model.std), 2 - (2 - beta) * t**ramp
    one, many = drawn(model, x, t, rows, m, batch.get("y"))
    near, far = (sent(each, x.device) for each in rows)
    of_near = energy(one, x[near], weight[near], 2 + 0 * t[near], 0 * t[near], 0.0)
    of_far = energy(many, x[far], weight[far], power[far], (lam * t**ramp)[far], smoothing)
    loss = torch.zeros_like(t).index_copy(0, near, of_near).index_copy(0, far, of_far)
    if weighting == "sigmoid":
        loss = loss * alpha**2 / (alpha**2 + sigma**2 * torch.tensor(bias).exp())
    return loss


def split(far: Tensor) -> tuple[Tensor, Tensor]:
    """The indices of the rows that are not `far`, and of those that are, of bools (B,)."""
    return (~far).nonzero()[:, 0], far.nonzero()[:, 0]


def drawn(
    model: Model,
    x: Tensor,
    t: Tensor,
    rows: tuple[Tensor, Tensor],
    m: int,
    labels: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Draws of x_0 for one x_t of each x, in float32 or float64: one for each of the first rows,
    (N, 1, ...), and m for each of the second, (F, m, ...); t and labels are (B,)."""
    noised, (near, far) = model.schedule.add_noise(x, t), rows
    chosen = sent(torch.cat([near, far.repeat_interleave(m)]), x.device)
    condition = None if labels is None else labels[chosen]
    draws = model(noised[chosen], t[chosen], condition=condition)
    draws = draws if draws.dtype == torch.float64 else draws.float()
    one, many = draws[: len(near)], draws[len(near) :]
    return one[:, None], many.unflatten(0, (len(far), m))


def energy(
    draws: Tensor, x: Tensor, weight: Tensor, beta: Tensor, lam: Tensor, smoothing: float
) -> Tensor:
    """confinement - lam / 2 interaction of draws (B, m, ...) around x (B, ...), shape (B,).

    `weight` multiplies squared distances; it, beta and lam are (B,). `smoothing` is added to
    squared distances and keeps the gradient finite where draws coincide and beta < 1.
    """
    to_x, between = mean_squares(draws, x)
    power = beta[:, None] / 2
    confinement = ((weight[:, None] * to_x + smoothing) ** power).mean(1)
    pairs = (weight[:, None] * between + smoothing) ** power
    interaction = pairs.sum(1) / max(pairs.shape[1], 1)
    return confinement - lam / 2 * interaction


def mean_squares(draws: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squares over coordinates: of draws (B, m, ...) minus x (B, ...), shape (B, m), and of
    the differences of the pairs i < j of draws, shape (B, m (m - 1) / 2)."""
    first, second = torch.triu_indices(draws.shape[1], draws.shape[1], 1, device=draws.device)
    return mean_square(draws - x[:, None]), mean_square(draws[:, first] - draws[:, second])


def mean_square(difference: Tensor) -> Tensor:
    """The mean square over coordinates, (B, m, ...) to (B, m)."""
    return difference.square().flatten(2).mean(2)


def quarters(x: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
    """For each quarter of time its number, a quarter of the rows of x, and a time for each of these
    rows, evenly spread over the quarter."""
    for i in range(4):
        part = x[i::4]
        inner = (torch.arange(len(part), device=x.device) + 0.5) / len(part)
        yield i + 1, part, ((i + inner) / 4).to(x)


@torch.no_grad()
def probe(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Confinement, interaction (beta = 1) and their ratio in each quarter of time, on validation
    data.

    The ratio is 1 at the optimum for lam = 1, and lower where the draws are too close together.
    `ratio2`, the ratio of squared distances, shows a collapse most clearly.
    """
    found: dict[str, float] = {}
    for i, x, t in quarters(data["validation"][:4096]):
        _, draws = drawn(model, x, t, split(torch.ones(len(x), dtype=torch.bool)), 2)
        to_x, between = mean_squares(draws, x)
        confinement, interaction = to_x.sqrt().mean().item(), between.sqrt().mean().item()
        found |= {f"confinement_{i}": confinement, f"interaction_{i}": interaction}
        found[f"ratio_{i}"] = interaction / confinement
        found[f"ratio2_{i}"] = (between.mean() / to_x.mean()).item()
    return found


@torch.no_grad()
def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """`spread`, where the law is known: the standard deviation of 64 draws divided by that of the
    exact posterior, on the test split, in each quarter of time (1 is next to the data) and on
    average. Empty where the law is not known."""
    if "mixture.cov" not in data:
        return {}
    law = Mixture(*(data[f"mixture.{key}"] for key in ("weight", "mean", "cov")))
    found: dict[str, float] = {}
    for i, x, t in quarters(data["test"]):
        noised = model.schedule.add_noise(x, t)
        expected = law.covariance(model.schedule, noised.double(), t).diagonal(dim1=1, dim2=2)
        draws = torch.stack([model(noised, t) for _ in range(64)])
        found[f"spread_{i}"] = (draws.var(0).sum() / expected.sum()).sqrt().item()
    return found | {"spread": sum(found.values()) / len(found)}
