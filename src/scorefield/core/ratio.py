"""Density ratios of pairs: which x and y belong together, and a network for the log ratio.

T(x_t, y) estimates log q(x_t, y) - log q(x_t) - log q(y), the pointwise mutual information of a
joint law q of pairs, at every noise level of x (Hayakawa et al. 2025, arXiv 2405.17842).
"""

import copy
from functools import partial
from math import pi
from statistics import fmean
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture, information
from scorefield.core.jitter import jittered
from scorefield.core.log_ratio import LogRatio
from scorefield.core.model import Model
from scorefield.core.network import Network
from scorefield.core.schedule import Schedule, time_at
from scorefield.core.tilt import gradient

GROUP = 16  # rows that share a time where y is noised to the time of x
BINS = 10  # of time, for normalisers and calibration
MIDDLE = (0.5, 1.0, 2.0)  # noise levels sigma / alpha where gradients are compared with the truth


class Ratio(Network):
    """T of x and y, from an encoder (x, t) -> (B, features) of each and a head over both.

    `pairing` is class (partners share a label) or instance (a row's own y); `condition` is clean,
    or same_t: y is noised to the time of x. T is bounded smoothly by `least` and `most`. In
    training images y are jittered by `shift` and `turn`. `log_mean` (BINS,) is what a loss found
    for log E[e^T] of independent pairs, 0 where it does not matter.
    """

    log_mean: Tensor

    def __init__(
        self,
        encoders: tuple[nn.Module, nn.Module],
        schedule: Schedule,
        features: int,
        pairing: str,
        condition: str,
        least: float,
        most: float,
        shift: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        super().__init__()
        self.x, self.y = encoders
        self.schedule = schedule
        self.from_x, self.from_y = (nn.Linear(features, features) for _ in range(2))
        self.head = nn.Sequential(
            nn.SiLU(), nn.Linear(features, features), nn.SiLU(), nn.Linear(features, 1)
        )
        self.register_buffer("log_mean", torch.zeros(BINS))
        self.pairing, self.condition, self.least, self.most = pairing, condition, least, most
        self.shift, self.turn = shift, turn

    def rowwise(self) -> tuple[nn.Module, ...]:
        return self.x, self.y

    def _read(self, joined: Tensor) -> Tensor:
        raw = self.head(joined)[..., 0]
        below = self.most - softplus(self.most - raw)
        return self.least + softplus(below - self.least)

    def forward(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of the pairs (x_i, y_i) at times t (B,) of x and s (B,) of y, shape (B,)."""
        return self._read(self.from_x(self.x(x, t)) + self.from_y(self.y(y, s)))

    def table(self, x: Tensor, t: Tensor, y: Tensor, s: Tensor) -> Tensor:
        """T of every x_i with every y_j, shape (B, B)."""
        return self._read(self.from_x(self.x(x, t))[:, None] + self.from_y(self.y(y, s)))


def paired(shapes: dict[str, list[int]]) -> int:
    """The size or channels of y. Raises InputError for data without pairs."""
    if "train_pair" not in shapes:
        raise InputError("a ratio needs data with pairs, such as pairs and digits-pairs")
    return shapes["train_pair"][1]


def waves(t: Tensor) -> Tensor:
    """Times (B,) as features (B, 16)."""
    angle = t[:, None] * pi * torch.arange(1, 9, device=t.device)
    return torch.cat([angle.sin(), angle.cos()], -1).to(t.dtype)


def partners(labels: Tensor) -> Tensor:
    """For each row the next one with the same label, round its class, (B,)."""
    order = labels.argsort(stable=True)
    ordered = labels[order].contiguous()
    first = torch.searchsorted(ordered, ordered)
    last = torch.searchsorted(ordered, ordered, right=True)
    following = torch.arange(1, len(labels) + 1, device=labels.device)
    following = torch.where(following < last, following, first)
    return torch.empty_like(order).scatter(0, order, order[following])


def pairs(model: Model, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """T of joint pairs (B,), T of all pairs (B, B), which of these are independent (B, B), and the
    times of the rows (B,); x in batch["x"], y in batch["pair"], labels in batch["y"].

    Rows are independent, so that x_i and y_j with i != j are a draw from the product of marginals.
    """
    net, add_noise = cast(Ratio, model.net), model.schedule.add_noise
    x, y, n = batch["x"], batch["pair"], len(batch["x"])
    rows, t = torch.arange(n, device=x.device), 1 - torch.rand(n, device=x.device)
    if model.training and net.shift + net.turn > 0:
        y = jittered(y, net.shift, net.turn)
    independent, group, s = rows[:, None] != rows, torch.zeros_like(rows), torch.zeros_like(t)
    if net.condition == "same_t":
        group = rows // GROUP
        t = s = t[group * GROUP]
        independent &= group[:, None] == group
    x_t = add_noise(x, t)
    every = net.table(x_t, t, add_noise(y, s), s)
    if net.pairing == "instance":
        return every.diagonal(), every, independent, t
    mate = partners(batch["y"])
    if net.condition == "clean":
        return every[rows, mate], every, independent, t
    return net(x_t, t, add_noise(y[mate], t), t), every, independent, t


def over(values: Tensor, independent: Tensor) -> Tensor:
    """The mean over each row's independent pairs, (B, B) to (B,)."""
    return (values * independent).sum(1) / independent.sum(1).clamp_min(1)


def bin_of(t: Tensor) -> Tensor:
    """The tenth of time that t (B,) lies in."""
    return (t * BINS).long().clamp_max(BINS - 1)


@torch.no_grad()
def probe(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """On held-out pairs: mutual information in nats, the mean of e^T over independent pairs in the
    tenths of time where it is furthest from 1 and on average, and how often T tells a joint pair
    from an independent one."""
    held = {key: data[name] for key, name in NAMES.items() if name in data}
    log_mean = cast(Ratio, model.net).log_mean
    found = []
    for start in range(0, len(held["x"]) - GROUP + 1, 256):
        part = {key: value[start : start + 256] for key, value in held.items()}
        real, every, independent, t = pairs(model, part)
        shift = log_mean[bin_of(t)]
        ratio = over((every - shift[:, None]).exp(), independent)
        above = over((real[:, None] > every).double(), independent)
        found.append((real - shift, ratio, above, bin_of(t)))
    joint, ratios, right, times = (torch.cat(parts) for parts in zip(*found, strict=True))
    means = torch.stack([ratios[times == b].mean() for b in times.unique()])
    return {
        "information": joint.mean().item(),
        "normaliser": means.mean().item(),
        "normaliser_worst": means[(means.log().abs()).argmax()].item(),
        "told_apart": right.mean().item(),
    }


def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """The figures of `probe`; and for instance pairs of a known law at the noise levels of MIDDLE:
    `cosine` between the gradients in x_t of T and of the true log ratio over all test pairs, and
    `rms_error`, the root mean square of T less the true log ratio, both free of a constant."""
    figures, net = probe(model, data), copy.deepcopy(cast(Ratio, model.net)).cpu()
    if "joint.mean" not in data or net.pairing != "instance":
        return figures
    law = Mixture(*(data[f"joint.{key}"].cpu() for key in ("weight", "mean", "cov")))
    cosines, errors = [], []
    for level in MIDDLE:
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
    named = {f"cosine_{level:g}": value for level, value in zip(MIDDLE, cosines, strict=True)}
    return figures | named | {"cosine": fmean(cosines), "rms_error": fmean(errors)}


def of_law(law: Mixture, schedule: Schedule, y: Tensor, s: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """The true log ratio of a joint law, as a log weight of x."""
    return information(law, schedule, x, t, y, s)


def of_net(net: LogRatio, times: list[Tensor], y: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """A network's log ratio at times of x and y, as a log weight of x."""
    return net(x, times[0], y, times[1])


NAMES = {"x": "validation", "pair": "validation_pair", "y": "validation_labels"}
