"""Drawing samples in chunks, by one process or several."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core import ranks
from scorefield.core.denoiser import Denoiser, Model
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import Schedule, times
from scorefield.lab.chunks import chunks

FRAMES, WATCHED = 9, 8  # how many moments of how many samples are kept as the trajectory


@dataclass(frozen=True)
class Plan:
    """How samples are drawn: all that decides their bytes, but for the chunk."""

    denoiser: Denoiser
    models: tuple[Model, ...]  # whose evaluations count, and whose draws follow the seed
    schedule: Schedule
    sampler: Callable[..., Iterator[Tensor]]
    shape: list[int]
    steps: int
    seed: int
    device: torch.device
    given: Tensor | None = None  # what each sample is to match, (n, ...)

    def calls(self) -> int:
        """Network evaluations up to now."""
        return sum(model.calls for model in self.models)


def draw(plan: Plan, indices: range, bar: tqdm) -> dict[str, Tensor]:
    """`drawn`, halved on a GPU that is full; the noise of a sample does not depend on its chunk."""
    try:
        return drawn(plan, indices, bar)
    except torch.OutOfMemoryError:
        if len(indices) == 1:
            raise
    torch.cuda.empty_cache()  # only here is what the failed attempt held let go
    half = len(indices) // 2
    parts = [draw(plan, part, bar) for part in (indices[:half], indices[half:])]
    return parts[0] | {"samples": torch.cat([part["samples"] for part in parts])}


def drawn(plan: Plan, indices: range, bar: tqdm) -> dict[str, Tensor]:
    """The samples of the given indices, the first trajectories, and network evaluations a sample.
    Raises InputError for samples that are not finite."""
    before, randn = plan.calls(), streams(plan.seed, indices)
    for model in plan.models:
        model.randn = randn
        if plan.given is not None:
            model.given = plan.given[indices.start : indices.stop].to(plan.device)
    pure = randn(torch.empty(len(indices), *plan.shape, device=plan.device))
    pure = plan.schedule.sigma(torch.ones(())) * pure
    frames = [pure[:WATCHED].cpu()]
    for x in plan.sampler(plan.denoiser, plan.schedule, pure, times(plan.steps), randn):
        frames.append(x[:WATCHED].cpu())
        bar.update(len(indices))
    if not x.isfinite().all():
        raise InputError(
            "samples are not finite: the model diverged, or the guidance is too strong"
        )
    moments = torch.linspace(0, plan.steps, min(FRAMES, plan.steps + 1)).round().long()
    kept = torch.stack([frames[i] for i in moments])
    return {"samples": x.cpu(), "frames": kept, "nfe": torch.tensor(plan.calls() - before)}


@torch.no_grad()
def sample(plan: Plan, n: int, folder: Path, *, chunk: int) -> dict[str, Tensor] | None:
    """samples (n, *shape), frames (F, 8, *shape), nfe and steps; None but on rank 0.

    Under torchrun the chunks are shared out; each is kept in `folder` when it is done, so that a
    killed run goes on, and rank 0 puts them together in order.
    """
    parts = [range(first, min(first + chunk, n)) for first in range(0, n, chunk)]
    files = [folder / f"chunk-{chunk}-{part.start}.safetensors" for part in parts]
    done = sum(len(part) for part, file in zip(parts, files, strict=True) if file.exists())
    given = {"total": n * plan.steps, "initial": done * plan.steps, "disable": ranks.rank() > 0}
    with tqdm(desc="sample", unit=" steps", **given) as bar:
        found = chunks(files, lambda i: draw(plan, parts[i], bar))
    if found is None:
        return None
    whole = {"samples": torch.cat([part["samples"] for part in found])}
    return found[0] | whole | {"steps": torch.tensor(plan.steps)}
