"""A denoiser of rows as one of points of several members."""

from torch import Tensor

from scorefield.core.denoiser import Chunk, Denoiser, Function, derived


def by_row(denoiser: Denoiser) -> Denoiser:
    """A denoiser of rows (B E, D) as one of the points (B, E, D) of E members; x of other
    dimensions is passed on."""

    def make(chunk: Chunk) -> Function:
        (inner,) = chunk.bind(denoiser)

        def apart(x: Tensor, t: Tensor) -> Tensor:
            if x.ndim != 3:
                return inner(x, t)
            rows = t if t.ndim == 0 else t.expand(*x.shape[:2], 1).flatten(0, 1)
            return inner(x.flatten(0, 1), rows).view_as(x)

        return apart

    return derived(denoiser, make)
