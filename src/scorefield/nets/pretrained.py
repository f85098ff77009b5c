"""A pretrained network: an unconditional diffusers pipeline from a folder or the Hub."""

from typing import Any

from scorefield.core.errors import InputError
from scorefield.core.network import Network, rebuilt_from
from scorefield.core.schedule import Schedule
from scorefield.nets._described import Described, described, size_problems
from scorefield.nets._pipelines import load_weights, network, network_of


def pretrained(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    name: str = "",
    resolved: dict[str, Any] | None = None,
) -> Network:
    """Images (B, C, H, W) and t to (B, C, H, W): the `UNet2DModel` of the pipeline `name`, a folder
    or a name on the Hub, in safetensors.

    `resolved` is the configuration that a saved model is rebuilt from, without the pipeline. Raises
    InputError where there is no such pipeline, and where its channels, size or noise levels differ
    from those of the data and of `schedule`.
    """
    if resolved is not None:
        return rebuilt_from(network(resolved["unet"]), resolved, resolved["predict"])
    found = described(name)
    check_fit(found, shapes["train"][1:], schedule)
    net = network_of(found)
    load_weights(net, name)
    return net


def check_fit(found: Described, shape: list[int], schedule: Schedule) -> None:
    """Raises InputError unless the pipeline fits images of this shape (C, H, W) and the
    schedule."""
    channels, *size = shape
    where = f"pretrained.name: '{found.name}'"
    if found.channels != channels:
        raise InputError(
            f"{where} takes images with {found.channels} channels, the data's have {channels}"
        )
    if found.size and [*found.size] != size:
        raise InputError(f"{where} takes images of {[*found.size]} pixels, the data's have {size}")
    for problem in size_problems(found, *size):
        raise InputError(f"{where}: {problem}")
    if not found.knows(schedule):
        raise InputError(
            f"{where} was trained with other noise levels than this model's schedule; those of "
            "linear betas are `schedule: ddpm`"
        )
