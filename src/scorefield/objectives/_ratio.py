"""What all objectives for density ratios of pairs (x, y) share: the pairs of a batch, and figures.

T(x_t, y) estimates log q(x_t, y) - log q(x_t) - log q(y), the pointwise mutual information of a
joint law q of pairs, at every noise level of x (Hayakawa et al. 2025, arXiv 2405.17842).
"""

import copy
from functools import partial
from statistics import fmean
from typing import cast

import torch
from torch import Tensor

from scorefield.core.exact import Mixture, pointwise_mutual_information
from scorefield.core.hardware import sent
from scorefield.core.log_ratio import LogRatio
from scorefield.core.model import Model
from scorefield.core.schedule import Schedule, time_at
from scorefield.core.tilt import gradient
from scorefield.nets._ratio import BINS, Ratio
from scorefield.objectives._jitter import jittered
from scorefield.objectives._times import stratified

GROUP = 16  # rows that share a time where y is noised too
LEVELS = (0.5, 1.0, 2.0)  # noise levels sigma / alpha at which gradients are compared


def partners(labels: Tensor) -> Tensor:
    """For each row the index of the next row with the same label, cyclically, (B,)."""
    order = labels.argsort(stable=True)
    ordered = labels[order].contiguous()
    first = torch.searchsorted(ordered, ordered)
    last = torch.searchsorted(ordered, ordered, right=True)
    following = torch.arange(1, len(labels) + 1, device=labels.device)
    following = torch.where(following < last, following, first)
    return torch.empty_like(order).scatter(0, order, order[following])


def pairs(model: Model, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """T of joint pairs (B,), T of all pairs (B, B), and on the CPU a mask of the independent ones
    (B, B) and the times of the rows (B,). batch["x"] is x, batch["pair"] is y, batch["y"] are
    labels.

    Rows are independent: x_i and y_j with i != j are a draw from the product of the marginals.
    """
    net, add_noise = cast(Ratio, model.net), model.schedule.add_noise
    x, y, n = batch["x"], batch["pair"], len(batch["x"])
    rows, times = torch.arange(n), stratified(n)
    if model.training and net.shift + net.turn > 0:
        y = jittered(y, net.shift, net.turn)
    independent, group = rows[:, None] != rows, rows // GROUP
    if net.condition == "same_t":
        times = times[group * GROUP]
        independent &= group[:, None] == group
    t = sent(times, x.device)
    s = t if net.condition == "same_t" else torch.zeros_like(t)
    x_t = add_noise(x, t)
    every = net.table(x_t, t, add_noise(y, s), s)
    if net.pairing == "instance":
        return every.diagonal(), every, independent, times
    partner = partners(batch["y"])
    if net.condition == "clean":
        return every.gather(1, partner[:, None])[:, 0], every, independent, times
    return net(x_t, t, add_noise(y[partner], t), t), every, independent, times


def mean_independent(values: Tensor, independent: Tensor) -> Tensor:
    """The mean over the independent pairs of each row, (B, B) to (B,)."""
    chosen = sent(independent, values.device)
    return (values * chosen).sum(1) / chosen.sum(1).clamp_min(1)


def bin_of(t: Tensor) -> Tensor:
    """The index of the tenth of [0, 1] that each time t (B,) lies in."""
    return (t * BINS).long().clamp_max(BINS - 1)


@torch.no_grad()
def probe(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Figures on held-out pairs: `mutual_information` in nats; `calibration`, the mean of the ratio
    e^T over independent pairs, 1 for the true ratio, averaged over the tenths of time, and
    `calibration_worst`, that of the worst tenth; and `pair_accuracy`, how often T of a joint pair
    is larger than T of an independent one."""
    held = {key: data[name] for key, name in NAMES.items() if name in data}
    log_mean = cast(Ratio, model.net).log_mean
    found = []
    for start in range(0, len(held["x"]) - GROUP + 1, 256):
        part = {key: value[start : start + 256] for key, value in held.items()}
        real, every, independent, t = pairs(model, part)
        shift = log_mean.cpu()[bin_of(t)]
        real, every = real.cpu(), every.cpu()
        ratio = mean_independent((every - shift[:, None]).exp(), independent)
        above = mean_independent((real[:, None] > every).double(), independent)
        found.append((real - shift, ratio, above, bin_of(t)))
    joint, ratios, right, times = (torch.cat(parts) for parts in zip(*found, strict=True))
    means = torch.stack([ratios[times == b].mean() for b in times.unique()])
    return {
        "mutual_information": joint.mean().item(),
        "calibration": means.mean().item(),
        "calibration_worst": means[(means.log().abs()).argmax()].item(),
        "pair_accuracy": right.mean().item(),
    }


def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """The figures of `probe`. For instance pairs of a known law also, at the noise levels LEVELS:
    `cosine`, between the gradients in x_t of T and of the true log ratio over all test pairs; and
    `rms_error`, the standard deviation of T minus the true log ratio. Neither depends on a constant
    added to T."""
    figures, net = probe(model, data), copy.deepcopy(cast(Ratio, model.net)).cpu()
    if "joint.mean" not in data or net.pairing != "instance":
        return figures
    law = Mixture(*(data[f"joint.{key}"].cpu() for key in ("weight", "mean", "cov")))
    cosines, errors = [], []
    for level in LEVELS:
        t = time_at(model.schedule, level)
        s = t if net.condition == "same_t" else 0 * t
        times = [v.float().expand(len(data["test"])) for v in (t, s)]
        x, y = (
            model.schedule.add_noise(data[key].cpu(), v)
            for key, v in zip(("test", "test_pair"), times, strict=True)
        )
        true = partial(of_law, law, model.schedule, y.double(), s)
        ours = partial(of_net, net, times, y)
        a, b = gradient(ours, x, t).double(), gradient(true, x.double(), t)
        cosines.append(((a * b).sum() / (a.norm() * b.norm())).item())
        errors.append((ours(x, t) - true(x.double(), t)).std().item())
    named = {f"cosine_{level:g}": value for level, value in zip(LEVELS, cosines, strict=True)}
    return figures | named | {"cosine": fmean(cosines), "rms_error": fmean(errors)}


def of_law(law: Mixture, schedule: Schedule, y: Tensor, s: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """The true log ratio of a joint law, as a log weight of x."""
    return pointwise_mutual_information(law, schedule, x, t, y, s)


def of_net(net: LogRatio, times: list[Tensor], y: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """A network's log ratio at times of x and y, as a log weight of x."""
    return net(x, times[0], y, times[1])


NAMES = {"x": "validation", "pair": "validation_pair", "y": "validation_labels"}
