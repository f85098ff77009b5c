"""Samplers: (denoiser, x, times, randn) -> an iterator over x after every step."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.samplers.ancestral import ancestral as ancestral
    from scorefield.samplers.boost import boost as boost
    from scorefield.samplers.ddim import ddim as ddim
    from scorefield.samplers.heun import heun as heun

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
