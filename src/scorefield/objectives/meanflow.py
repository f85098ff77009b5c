"""Mean flows (Geng et al. 2025, arXiv 2505.13447): the average velocity, for one or few steps."""

from typing import Literal

import torch
from torch import Tensor
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from scorefield.core.bounds import Positive, Share
from scorefield.core.hardware import sent
from scorefield.core.model import Model
from scorefield.core.network import hooks
from scorefield.objectives._linear import needs_linear
from scorefield.objectives._times import Levels, drawn_times

ROLE, SCHEDULE = "denoiser", "linear"
JUMPS = True  # the network takes two times


def meanflow(
    model: Model,
    batch: dict[str, Tensor],
    *,
    predict: Literal["flow"] = "flow",
    levels: Levels = "logit_normal",
    location: float = -0.4,
    spread: Positive = 1.0,
    apart: Share = 0.5,
) -> Tensor:
    """The mean squared error of the velocity z - x_0 per sample, shape (B,), where the velocity is
    u + (t - s) du/dt of the network's average velocity u(x_t, s, t) between two times s <= t.

    The derivative along the flow, (dx/dt, dt, ds) = (u(x_t, t, t), 1, 0), is a Jacobian-vector
    product without gradient: the improved form of Geng et al. 2025 (arXiv 2512.02012, equation 13).
    The share `apart` of the rows has s < t, two draws of `drawn_times` in order; the others have s
    = t, where the loss is that of `flow`. Raises InputError for another schedule than `linear`.
    """
    needs_linear(model.schedule, "meanflow")
    x, net = batch["x"], hooks(model.net)
    labels = net.training_labels(batch.get("y")) if net.classes else None
    draws = [drawn_times(x, levels, location, spread, model.training) for _ in range(2)]
    s, t = (each.reshape(-1, *[1] * (x.ndim - 1)) for each in torch.stack(draws).sort(0).values)
    s = sent(torch.where(torch.rand_like(t) < apart, s, t), x.device)
    t = sent(t, x.device)
    z = torch.randn_like(x)

    def average(x: Tensor, t: Tensor, s: Tensor) -> Tensor:
        out: Tensor = model.net(x, t, labels, s)
        return out

    x_t = (1 - t) * x + t * z
    with torch.no_grad():
        v = average(x_t, t, t)
    with sdpa_kernel(SDPBackend.MATH):  # fused attention has no forward derivative
        along = (v, torch.ones_like(t), torch.zeros_like(s))
        u, slope = jvp(average, (x_t, t, s), along)[:2]
    return (u + (t - s) * slope.detach() - (z - x)).square().flatten(1).mean(1)
