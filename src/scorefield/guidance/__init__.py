"""Guidance: what takes a denoiser and returns one that is steered."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors; when it runs, every file is known
    from scorefield.guidance.cfg import cfg as cfg
    from scorefield.guidance.ibg import ibg as ibg
    from scorefield.guidance.mean import mean as mean
    from scorefield.guidance.minus_score import minus_score as minus_score
    from scorefield.guidance.mue import mue as mue
    from scorefield.guidance.plain import plain as plain
    from scorefield.guidance.random import random as random
    from scorefield.guidance.ratio import ratio as ratio
    from scorefield.guidance.ready import ready as ready
    from scorefield.guidance.sgms import sgms as sgms
    from scorefield.guidance.temperature import temperature as temperature

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
