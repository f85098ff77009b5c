"""AdamW (Loshchilov and Hutter 2019) for all weights."""

from torch import nn
from torch.optim import AdamW, Optimizer

from scorefield.core.bounds import Below1


def adamw(
    net: nn.Module,
    lr: float,
    weight_decay: float = 0.0,
    *,
    beta1: Below1 = 0.9,
    beta2: Below1 = 0.999,
) -> list[Optimizer]:
    """The one optimiser of all weights of a network."""
    betas, weights = (beta1, beta2), list(net.parameters())
    return [AdamW(weights, lr, betas, weight_decay=weight_decay, fused=True)]
