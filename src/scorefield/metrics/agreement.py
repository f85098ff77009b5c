"""Whether guided samples are of the class of what they were to match."""

import torch
from torch import Tensor

from scorefield.core.denoiser import Model
from scorefield.metrics.discovery import share_error
from scorefield.metrics.fidelity import fidelity


@torch.no_grad()
def shares_of(x: Tensor, labels: Tensor, judge: torch.nn.Module) -> tuple[float, float]:
    """The share of images (N, ...) that the judge gives their label (N,), and the entropy of the
    classes it finds, in nats."""
    guess = torch.cat([judge(part).argmax(1) for part in x.split(500)])
    part = torch.bincount(guess).double() / len(guess)
    return (guess == labels).double().mean().item(), torch.special.entr(part).sum().item()


def agreement(
    fake: Tensor, unguided: Tensor, source: Tensor, data: dict[str, Tensor], judge: Model
) -> dict[str, float]:
    """The share of samples whose class, by the judge, is that of the test pair they were to match,
    with its standard error; the entropy of their classes in nats, log 10 for ten equal parts; and
    the same, and fid, of the unguided samples from the same noise."""
    figures = {"fid_unguided": fidelity(unguided, data["test"], judge)["fid"]}
    for key, x in {"": fake, "_unguided": unguided}.items():
        share, entropy = shares_of(x, data["test_labels"][source], judge.net)
        figures |= {f"agreement{key}": share, f"entropy{key}": entropy}
        figures[f"agreement{key}_se"] = share_error(share, len(x))
    return figures
