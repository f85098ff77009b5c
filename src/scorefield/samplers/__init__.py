"""Samplers: (denoiser, x, times, randn) -> x after every step."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors; when it runs, every file is known
    from scorefield.samplers.ancestral import ancestral as ancestral
    from scorefield.samplers.boost import boost as boost
    from scorefield.samplers.ddim import ddim as ddim
    from scorefield.samplers.heun import heun as heun

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
