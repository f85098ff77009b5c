"""Samples that were drawn elsewhere, read from a file."""

from pathlib import Path

from torch import Tensor

from scorefield.core.condition import Condition
from scorefield.core.denoiser import Chunk, Denoiser, Function, derived
from scorefield.core.errors import InputError
from scorefield.pipeline.files import checksum, load_tensors, to_unit

NETWORK = False  # takes part: the model of the run is only named


def submitted_samples(denoiser: Denoiser) -> Denoiser:
    """A denoiser whose x_0 is the condition: the sample of the file with the same index. One step
    of any sampler returns it. No network call."""

    def make(chunk: Chunk) -> Function:
        if chunk.condition is None:
            raise InputError("submitted_samples: expected samples as the condition")
        samples = chunk.condition

        def submitted(x: Tensor, t: Tensor) -> Tensor:
            return samples.to(x)

        return submitted

    return derived(denoiser, make, draws=False)


def condition(data: dict[str, Tensor], n: int, *, file: str = "", sha256: str = "") -> Condition:
    """The `samples` (n, C, H, W) of a safetensors file, bytes or floats in [-1, 1].

    `sha256` is the expected checksum. Raises InputError for another file, for one that is not
    safetensors (nothing is unpickled), and for samples that are not n, not finite, out of range
    or of another size than the data.
    """
    if (found := checksum(file)) != sha256:
        raise InputError(f"{file}: changed since it was entered ({found[:12]}, not {sha256[:12]})")
    return Condition(checked(file, data["test"].shape[1:], n))


def checked(file: str | Path, shape: tuple[int, ...], n: int) -> Tensor:
    """The samples as floats in [-1, 1]; raises InputError as `condition` does."""
    tensors = load_tensors(file)
    if "samples" not in tensors:
        raise InputError(f"{file}: expected a tensor named samples, found {', '.join(tensors)}")
    x = tensors["samples"]
    x = to_unit(x) if not x.is_floating_point() else x.float()
    if tuple(x.shape[1:]) != tuple(shape):
        raise InputError(f"{file}: expected samples of size {[*shape]}, found {[*x.shape[1:]]}")
    if len(x) != n:
        raise InputError(f"{file}: expected {n} samples, found {len(x)}")
    if not x.isfinite().all():
        raise InputError(
            f"{file}: {(~x.isfinite()).flatten(1).any(1).sum()} samples are not finite"
        )
    if x.abs().max() > 1 + 1e-3:
        raise InputError(
            f"{file}: expected values in [-1, 1], found {x.min():.3g} to {x.max():.3g}"
        )
    return x
