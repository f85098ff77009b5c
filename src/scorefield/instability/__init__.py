"""Instability scores: (denoiser, x, t, randn) -> the uncertainty of the denoiser, one number a
row."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.instability.drift import drift as drift
    from scorefield.instability.eigenvalue import eigenvalue as eigenvalue
    from scorefield.instability.frobenius import frobenius as frobenius
    from scorefield.instability.martingale import martingale as martingale
    from scorefield.instability.minority import minority as minority
    from scorefield.instability.original import original as original
    from scorefield.instability.renoise import renoise as renoise
    from scorefield.instability.trace import trace as trace

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
