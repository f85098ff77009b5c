"""Samplers: (denoiser, x, times, randn) -> an iterator over x after every step."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.samplers.adams import adams as adams
    from scorefield.samplers.ancestral import ancestral as ancestral
    from scorefield.samplers.boost import boost as boost
    from scorefield.samplers.ddim import ddim as ddim
    from scorefield.samplers.dpmpp import dpmpp as dpmpp
    from scorefield.samplers.edm import edm as edm
    from scorefield.samplers.heun import heun as heun
    from scorefield.samplers.unipc import unipc as unipc

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
