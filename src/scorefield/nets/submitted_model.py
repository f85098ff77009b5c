"""A network that was trained elsewhere with this library: a folder like models/<name>."""

from pathlib import Path
from typing import Any

import torch

from scorefield.core.errors import InputError
from scorefield.core.network import Network, rebuilt_from
from scorefield.core.schedule import Schedule
from scorefield.pipeline.files import WEIGHTS, build, checksum, load_config, load_model


def submitted_model(
    shapes: dict[str, list[int]],
    schedule: Schedule,
    *,
    folder: str = "",
    sha256: str = "",
    resolved: dict[str, Any] | None = None,
) -> Network:
    """The network of a folder with config.json and weights as safetensors; nothing is unpickled.

    `sha256` is the expected checksum of weights and config; `resolved` is the configuration that a
    saved model is rebuilt from, without the folder. Raises InputError for another checksum, and for
    another sample size or noise schedule than that of the entry.
    """
    if resolved is not None:
        net = build(resolved).net
    else:
        found = checksum(Path(folder, WEIGHTS), Path(folder, "config.json"))
        if found != sha256:
            raise InputError(f"{folder}: changed since it was entered ({found[:12]})")
        model, resolved = load_model(folder), load_config(folder)
        if [*model.shape] != shapes["train"][1:] or model.draws != ("xi" in shapes):
            size = [*model.shape]
            raise InputError(f"{folder}: sample size {size} or extra noise does not fit the entry")
        t = torch.tensor([0.3, 0.7])
        if not torch.allclose(torch.stack(model.schedule(t)), torch.stack(schedule(t))):
            raise InputError(f"{folder}: was trained with the schedule {resolved['schedule']}")
        net = model.net.requires_grad_(True)
    return rebuilt_from(net, resolved, resolved["predict"])
