"""Instability scores: (denoiser, x, t, randn) -> how unsure it is, one number a row."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors; when it runs, every file is known
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
