"""Drawing samples in chunks, by one process or several."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count
from scorefield.core.denoiser import Chunk, Counter, Denoiser
from scorefield.core.errors import InputError
from scorefield.core.hardware import sent
from scorefield.core.noise import streams
from scorefield.core.schedule import times
from scorefield.pipeline import ranks
from scorefield.pipeline.chunks import chunks

FRAMES, WATCHED = 9, 8  # how many moments of how many samples are kept as the trajectory


@dataclass(frozen=True)
class Plan:
    """How samples are drawn: all that decides their bytes, but for the chunk. The denoiser is bound
    to the noise and the condition of each chunk; `counter` is what counts its networks' calls."""

    denoiser: Denoiser
    sampler: Callable[..., Iterator[Tensor]]
    shape: tuple[int, ...]
    steps: int
    seed: int
    device: torch.device
    counter: Counter
    condition: Tensor | None = None  # what each sample is to match, (n, ...)


@dataclass(frozen=True)
class Drawn:
    """Samples (n, ...), the trajectories of the first ones (F, 8, ...), network evaluations a
    sample, and steps."""

    samples: Tensor
    frames: Tensor
    nfe: int
    steps: int

    def tensors(self) -> dict[str, Tensor]:
        """As a file holds them."""
        numbers = {"nfe": torch.tensor(self.nfe), "steps": torch.tensor(self.steps)}
        return {"samples": self.samples, "frames": self.frames} | numbers


def draw(plan: Plan, indices: range, bar: "tqdm[Any]") -> Drawn:
    """`drawn`, halved on a GPU that is full; the noise of a sample does not depend on its chunk."""
    try:
        return drawn(plan, indices, bar)
    except torch.OutOfMemoryError:
        if len(indices) == 1:
            raise
    torch.cuda.empty_cache()  # only here is what the failed attempt held let go
    half = len(indices) // 2
    parts = [draw(plan, part, bar) for part in (indices[:half], indices[half:])]
    return replace(parts[0], samples=torch.cat([part.samples for part in parts]))


@torch.no_grad()
def drawn(plan: Plan, indices: range, bar: "tqdm[Any]") -> Drawn:
    """The samples of the given indices. Raises InputError for samples that are not finite."""
    before, randn = plan.counter.calls, streams(plan.seed, indices)
    condition = plan.condition
    if condition is not None:
        condition = sent(condition[indices.start : indices.stop], plan.device)
    (denoiser,) = Chunk(randn, condition).bind(plan.denoiser)
    pure = randn(torch.empty(len(indices), *plan.shape, device=plan.device))
    start = denoiser.schedule.sigma(torch.ones(())) * pure
    moments = torch.linspace(0, plan.steps, min(FRAMES, plan.steps + 1)).round().long().tolist()
    frames = [start[:WATCHED]]
    for i, x in enumerate(plan.sampler(denoiser, start, times(plan.steps), randn), 1):
        if i in moments:
            frames.append(x[:WATCHED].clone())  # stays on the device, which no step waits for
        bar.update(len(indices))
    if not x.isfinite().all():
        raise InputError(
            "samples are not finite: the model diverged, or the guidance is too strong"
        )
    return Drawn(x.cpu(), torch.stack(frames).cpu(), plan.counter.calls - before, plan.steps)


def sample_chunks(plan: Plan, n: int, folder: Path, *, chunk: Count = 500) -> Drawn | None:
    """n samples; None but on rank 0.

    Under torchrun the chunks are shared out; each is kept in `folder` when it is done, so that a
    killed run goes on, and rank 0 puts them together in order.
    """
    parts = [range(first, min(first + chunk, n)) for first in range(0, n, chunk)]
    files = [folder / f"chunk-{chunk}-{part.start}.safetensors" for part in parts]
    done = sum(len(part) for part, file in zip(parts, files, strict=True) if file.exists())
    bar: tqdm[Any] = tqdm(
        desc="sample",
        unit=" steps",
        total=n * plan.steps,
        initial=done * plan.steps,
        disable=ranks.rank() > 0,
    )
    with bar:
        found = chunks(files, lambda i: draw(plan, parts[i], bar).tensors())
    if found is None:
        return None
    samples = torch.cat([part["samples"] for part in found])
    return Drawn(samples, found[0]["frames"], int(found[0]["nfe"]), plan.steps)
