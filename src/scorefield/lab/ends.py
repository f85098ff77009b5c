"""The ends of a path, and first paths between them."""

from pathlib import Path

import torch
from torch import Tensor

from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.core.files import load_image, load_tensors
from scorefield.core.noise import streams
from scorefield.core.schedule import Schedule, time_at

DEEP = 4.0  # times the noise level, where a path through noise turns


def end(name: str, data: dict[str, Tensor]) -> Tensor:
    """What a name means, (...): `class 3` or `class 3 5`, the first or sixth test example of class
    3; `test 12`, a test example; `samples/NAME.safetensors 4`, a sample of a run; or an image file
    of the user's. Raises InputError for none of these."""
    kind, *rest = name.split() or [""]
    try:
        if kind == "class":
            mine = data["test"][data["test_labels"] == int(rest[0])]
            return mine[int(rest[1]) if len(rest) > 1 else 0]
        if kind == "test":
            return data["test"][int(rest[0])]
        if kind.endswith(".safetensors"):
            return load_tensors(Path(kind))["samples"][int(rest[0])]
        return load_image(name, data["test"].shape[1:])
    except InputError:
        raise
    except (IndexError, ValueError, KeyError):
        raise InputError(
            f"ends: '{name}' is no test example, sample or image; write class 3, test 12, "
            "samples/NAME.safetensors 4 or the name of an image file"
        ) from None


def line(a: Tensor, b: Tensor, nodes: int) -> Tensor:
    """The straight path (nodes + 1, ...)."""
    part = torch.linspace(0, 1, nodes + 1, dtype=torch.float64).to(a).view(-1, *[1] * a.ndim)
    return a + part * (b - a)


def slerp(a: Tensor, b: Tensor, nodes: int) -> Tensor:
    """The path along a great circle, its norm linear (Shoemake 1985); straight where the ends lie
    on one line with the origin."""
    angle = torch.acos(((a * b).sum() / (a.norm() * b.norm())).clamp(-1, 1))
    if angle.sin() < 1e-3:
        return line(a, b, nodes)
    part = torch.linspace(0, 1, nodes + 1, dtype=torch.float64).to(a).view(-1, *[1] * a.ndim)
    turn = (a / a.norm() * ((1 - part) * angle).sin() + b / b.norm() * (part * angle).sin()) / (
        angle.sin()
    )
    return turn * (a.norm() + part * (b.norm() - a.norm()))


@torch.no_grad()
def through_noise(
    denoiser: Denoiser,
    schedule: Schedule,
    noise: float,
    a: Tensor,
    b: Tensor,
    nodes: int,
    seed: int,
) -> Tensor:
    """The path (nodes + 1, ...) at sigma / alpha = `noise` by way of DEEP times that: both ends
    with the same added noise, a great circle there, and each node denoised. The ends are kept, and
    what they would be off is spread along the path."""
    here, there = (schedule(time_at(schedule, level)) for level in (noise, DEEP * noise))
    more = (there[1] ** 2 - (there[0] / here[0] * here[1]) ** 2).sqrt()
    added = more * streams(seed, range(1))(a[None])[0]
    deep = slerp(*(there[0] / here[0] * x + added for x in (a, b)), nodes)
    path = here[0] * denoiser(deep, time_at(schedule, DEEP * noise))
    return path + line(a - path[0], b - path[-1], nodes)


def bowed(path: Tensor, width: float, seed: int) -> Tensor:
    """A path with a random smooth bow, so that no symmetry of its start survives."""
    n, noise = len(path) - 1, streams(seed, range(1))(path[:1])
    part = torch.linspace(0, torch.pi, n + 1, dtype=torch.float64).sin().to(path)
    return path + width * part.view(-1, *[1] * (path.ndim - 1)) * noise
