"""A pretrained network: that of a diffusers pipeline from a folder or the Hub."""

from typing import Any

from scorefield.core.errors import InputError
from scorefield.core.network import Network
from scorefield.core.schedule import OWN, Schedule
from scorefield.nets._described import Described, described, size_problems
from scorefield.nets._levels import same
from scorefield.nets._pipelines import Foreign, load_weights

ROLE, KINDS, OWN_SCHEDULE = "denoiser", ("images",), True


def pretrained(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    name: str = "",
    resolved: dict[str, Any] | None = None,
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W): the network of the pipeline `name`, a folder or a
    name on the Hub, in safetensors. With `schedule: own` its noise levels are the pipeline's.

    `resolved` is the configuration that a saved model is rebuilt from, without the pipeline. Raises
    InputError where there is no such pipeline, for latents, and where its channels, size or noise
    levels differ from those of the data and of `schedule`.
    """
    if resolved is not None:
        return Foreign(Described(**resolved))
    found = described(name)
    check_fit(found, shapes["train"][1:], schedule)
    net = Foreign(found)
    load_weights(net, found, name)
    return net


def check_fit(found: Described, shape: list[int], schedule: Schedule) -> None:
    """Raises InputError unless the pipeline fits images of this shape (C, H, W) and the
    schedule."""
    channels, *size = shape
    where = f"pretrained.name: '{found.name}'"
    if found.coder:
        raise InputError(
            f"{where} denoises latents, which no dataset here holds; use sf.from_diffusers"
        )
    if found.channels != channels:
        raise InputError(
            f"{where} takes images with {found.channels} channels, the data's have {channels}"
        )
    if found.size and [*found.size] != size:
        raise InputError(f"{where} takes images of {[*found.size]} pixels, the data's have {size}")
    for problem in size_problems(found, *size):
        raise InputError(f"{where}: {problem}")
    if schedule is not OWN and not same(found.levels.schedule, schedule):
        raise InputError(
            f"{where} was trained with other noise levels than this model's schedule; use "
            "`schedule: own`"
        )
