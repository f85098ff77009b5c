"""Sampling from any denoiser, and a function as a denoiser."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from tqdm import tqdm

from scorefield.core.bounds import Count, Seed
from scorefield.core.denoiser import Counter, Denoiser, Function, Plain
from scorefield.core.errors import InputError
from scorefield.core.model import device_of, shape_of
from scorefield.core.registry import keywords, load_method
from scorefield.core.schedule import Schedule, named
from scorefield.experiments.sampling import Plan, draw
from scorefield.pipeline.signatures import Knob, section_knobs
from scorefield.pipeline.validation import key_problems

Sampler = Callable[..., Iterator[Tensor]]  # like those of `scorefield.samplers`
NUMBERS = {"n": Knob(Count), "steps": Knob(Count), "chunk": Knob(Count), "seed": Knob(Seed)}


def sample(
    denoiser: Denoiser,
    n: int = 64,
    sampler: str | Sampler = "ddim",
    steps: int = 25,
    *,
    seed: int = 0,
    shape: tuple[int, ...] | None = None,
    condition: ArrayLike | Tensor | None = None,
    chunk: int = 500,
    device: str | torch.device | None = None,
    progress: bool = False,
    **knobs: Any,
) -> Tensor:
    """n samples (n, ...) of a denoiser, on the CPU, without gradients.

    `sampler` is one of `scorefield.samplers`, by name or as a function; `knobs` are its own, such
    as churn. The noise of sample i depends only on `seed` and i, not on n or on `chunk`, the number
    of samples that are drawn at a time. `condition` (n, ...) is the condition of each sample, such
    as a label. `shape`, that of one sample, is needed where the denoiser has none. Raises
    InputError for arguments that do not fit.
    """
    expect_denoiser(denoiser)
    numbers = {"n": n, "steps": steps, "chunk": chunk, "seed": seed}
    plan = Plan(
        denoiser=denoiser,
        sampler=chosen(sampler, numbers | knobs, knobs),
        shape=size(denoiser, shape),
        steps=steps,
        seed=seed,
        device=device_of(denoiser) if device is None else torch.device(device),
        counter=Counter(),
        condition=matched(condition, n),
    )
    parts = [range(first, min(first + chunk, n)) for first in range(0, n, chunk)]
    with tqdm(desc="sample", unit=" steps", total=n * steps, disable=not progress) as bar:
        return torch.cat([draw(plan, part, bar).samples for part in parts])


def expect_denoiser(value: Any) -> None:
    """Raises InputError for anything but a denoiser."""
    if not isinstance(value, Denoiser):
        raise InputError(
            f"sample: expected a denoiser, found {type(value).__name__}; wrap a function "
            "(x, t) -> x_0 by sf.denoiser(function, schedule), a pipeline by sf.from_diffusers"
        )


def chosen(sampler: str | Sampler, values: dict[str, Any], knobs: dict[str, Any]) -> Sampler:
    """The sampler with its knobs bound. Raises InputError for an unknown name or knob."""
    if isinstance(sampler, str):
        function: Sampler = load_method("samplers", sampler)
        wanted = section_knobs("samplers", sampler) | NUMBERS
    else:
        function, wanted = sampler, {key: Knob(Any) for key in keywords(sampler)} | NUMBERS
    for problem in key_problems("sample", values, wanted, {}, whole=False):
        raise InputError(problem)
    return partial(function, **knobs)


def size(denoiser: Denoiser, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape of one sample. Raises InputError where it is not known."""
    found = shape_of(denoiser) if shape is None else tuple(shape)
    if found is None:
        raise InputError("sample: this denoiser has no shape; pass one, such as shape=(2,)")
    return found


def matched(condition: ArrayLike | Tensor | None, n: int) -> Tensor | None:
    """The condition of each of n samples. Raises InputError for another number of them."""
    if condition is None:
        return None
    found = torch.as_tensor(condition)
    if found.ndim == 0 or len(found) != n:
        raise InputError(f"condition: expected one for each of {n} samples, found {[*found.shape]}")
    return found


def denoiser(
    function: Function,
    schedule: Schedule | str,
    draws: bool = False,
    shape: tuple[int, ...] | None = None,
) -> Plain:
    """A function (x, t) -> x_0 of x (B, ...) and t, () or (B, 1, ..., 1), as a denoiser. `schedule`
    is a `Schedule` or the name of one: cosine, linear, ddpm. With `draws`, x_0 is a draw from the
    posterior and not its mean. `shape` is that of one sample. Raises InputError for anything but a
    function."""
    if not callable(function):
        raise InputError(f"denoiser: expected a function, found {type(function).__name__}")
    known = named(schedule) if isinstance(schedule, str) else schedule
    return Plain(function, known, draws, None if shape is None else tuple(shape))
