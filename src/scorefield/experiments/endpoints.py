"""The endpoints of a path by name."""

from pathlib import Path

from torch import Tensor

from scorefield.core.datasets import Labelled
from scorefield.core.errors import InputError
from scorefield.pipeline.files import load_image, load_tensors


def endpoint(name: str, data: Labelled) -> Tensor:
    """What a name means, (...): `class 3` or `class 3 5`, the first or sixth test example of class
    3; `test 12`, a test example; `samples/NAME.safetensors 4`, a sample of a run; or an image file
    of the user's. Raises InputError for none of these."""
    kind, *rest = name.split() or [""]
    try:
        if kind == "class":
            mine = data.test[data.test_labels == int(rest[0])]
            return mine[int(rest[1]) if len(rest) > 1 else 0]
        if kind == "test":
            return data.test[int(rest[0])]
        if kind.endswith(".safetensors"):
            return load_tensors(Path(kind))["samples"][int(rest[0])]
        return load_image(name, data.test.shape[1:])
    except InputError:
        raise
    except (IndexError, ValueError, KeyError):
        raise InputError(
            f"endpoints: '{name}' is no test example, sample or image; write class 3, test 12, "
            "samples/NAME.safetensors 4 or the name of an image file"
        ) from None
