"""The endpoints of a path by name."""

from pathlib import Path

import torch
from torch import Tensor

from scorefield.core.datasets import Labelled
from scorefield.core.denoiser import Denoiser
from scorefield.core.errors import InputError
from scorefield.core.noise import streams
from scorefield.core.schedule import times
from scorefield.pipeline.files import load_tensors
from scorefield.pipeline.image_files import load_image
from scorefield.samplers.heun import heun

STEPS, SEED = 16, 1  # of samples that the study draws itself


def endpoint(name: str, data: Labelled, denoiser: Denoiser) -> Tensor:
    """What a name means, (...): `class 3` or `class 3 5`, the first or sixth test example of class
    3; `test 12`, a test example; `drawn 4`, the sample of index 4 of the denoiser itself;
    `samples/NAME.safetensors 4`, a sample of a run; or an image file of the user's. Raises
    InputError for none of these."""
    try:
        kind, *rest = name.split()  # ValueError for an empty name
        if kind == "class":
            mine = data.test[data.test_labels == int(rest[0])]
            return mine[int(rest[1]) if len(rest) > 1 else 0]
        if kind == "test":
            return data.test[int(rest[0])]
        if kind == "drawn":
            return drawn(denoiser, int(rest[0]), data.test[:1])
        if kind.endswith(".safetensors"):
            return load_tensors(Path(kind))["samples"][int(rest[0])]
        return load_image(name, data.test.shape[1:])
    except InputError:
        raise
    except (IndexError, ValueError, KeyError):
        raise InputError(
            f"endpoints: '{name}' is no test example, sample or image; write class 3, test 12, "
            "drawn 4, samples/NAME.safetensors 4 or the name of an image file"
        ) from None


def drawn(denoiser: Denoiser, index: int, like: Tensor) -> Tensor:
    """A sample (...) of the denoiser by Heun's method, as large as one row of `like` (1, ...)."""
    randn = streams(SEED, [index])
    start = denoiser.schedule.sigma(torch.ones(())) * randn(like.double())
    *_, x = heun(denoiser, start, times(STEPS), randn)
    found: Tensor = x[0]
    return found
