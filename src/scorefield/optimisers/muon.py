"""Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) for hidden weights, AdamW for the
rest."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from scorefield.core.bounds import Below1, Count, Positive
from scorefield.core.hardware import bfloat16_pays
from scorefield.core.network import hidden_weights

A, B, C = 3.4445, -4.7750, 2.0315  # of the polynomial, as published
LEAST = 1e-7  # keeps the division finite where a gradient vanishes


def muon(
    net: nn.Module,
    lr: float,
    weight_decay: float = 0.0,
    *,
    momentum: Below1 = 0.95,
    iterations: Count = 5,
    rest: Positive = 0.15,
) -> list[Optimizer]:
    """Muon at the rate lr for the hidden weights of a network, and AdamW at the rate rest x lr for
    its other weights."""
    hidden = hidden_weights(net)
    chosen = {id(weight) for weight in hidden}
    others = [weight for weight in net.parameters() if id(weight) not in chosen]
    found: list[Optimizer] = []
    if hidden:
        found.append(Muon(hidden, lr, weight_decay, momentum, iterations))
    if others:
        found.append(AdamW(others, rest * lr, weight_decay=weight_decay, fused=True))
    return found


class Muon(Optimizer):
    """Moves each matrix along its orthogonalised gradient with Nesterov momentum.

    The step is lr times max(1, rows / columns)^.5. A kernel (O, I, ...) of four or more dimensions
    is a matrix of O rows; a weight of three is a stack of matrices. `torch.optim.Muon` takes
    matrices alone, one at a time; here those of one shape are orthogonalised together.
    """

    def __init__(
        self,
        weights: list[nn.Parameter],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        iterations: int = 5,
    ) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.iterations = iterations
        self.alike: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for weight in weights:
            self.alike.setdefault(matrices(weight).shape[1:], []).append(weight)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step from the gradients; weights without one stay. `closure` is not called."""
        given = self.param_groups[0]
        for shape, weights in self.alike.items():
            moved: list[Tensor] = [weight for weight in weights if weight.grad is not None]
            if not moved:
                continue
            flat = torch.cat([matrices(each) for each in self._momenta(moved, given["momentum"])])
            scaled = -given["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
            steps = scaled * orthogonalised(flat, self.iterations)
            parts = steps.split([len(matrices(weight)) for weight in moved])
            torch._foreach_mul_(moved, 1 - given["lr"] * given["weight_decay"])
            torch._foreach_add_(
                moved, [part.view(weight.shape) for part, weight in zip(parts, moved, strict=True)]
            )

    def _momenta(self, weights: list[Tensor], momentum: float) -> list[Tensor]:
        """The gradients of weights with Nesterov momentum."""
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        for weight in weights:
            if not self.state[weight]:
                self.state[weight]["momentum"] = torch.zeros_like(weight)
        kept = [self.state[weight]["momentum"] for weight in weights]
        torch._foreach_lerp_(kept, gradients, 1 - momentum)
        return list(torch._foreach_lerp(gradients, kept, momentum))


def matrices(weight: Tensor) -> Tensor:
    """A weight as matrices (n, rows, columns)."""
    return weight if weight.ndim == 3 else weight.flatten(1)[None]


def orthogonalised(x: Tensor, iterations: int) -> Tensor:
    """Matrices x (n, rows, columns), scaled to a norm of 1, after so many Newton-Schulz iterations
    X <- a X + (b G + c G^2) X with G = X X^T: their singular values tend to the interval .7 to 1.2.
    They are computed in bfloat16 where that is faster."""
    half, tall = bfloat16_pays(x.device), x.shape[1] > x.shape[2]
    found = (x.mT if tall else x).to(torch.bfloat16 if half else x.dtype)
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp_min(LEAST)
    found = iterated(found, iterations) if half else gram_iterated(found, iterations)
    return (found.mT if tall else found).to(x.dtype)


def iterated(x: Tensor, iterations: int) -> Tensor:
    """The iterations on wide matrices x."""
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=B, alpha=C), x, beta=A)
    return x


def gram_iterated(x: Tensor, iterations: int) -> Tensor:
    """The same on the Gram matrices: half the work for wide matrices, but not for bfloat16. With
    X_k = Q_k X and G_k = X_k X_k^T, a step is Q <- M Q and G <- M G M for M = a + b G + c G^2."""
    gram, turned = x @ x.mT, None
    for _ in range(iterations):
        step = torch.baddbmm(gram, gram, gram, beta=B, alpha=C)
        step.diagonal(dim1=1, dim2=2).add_(A)
        turned = step if turned is None else step @ turned
        gram = step @ gram @ step
    return x if turned is None else turned @ x
