"""Guidance: functions that take a denoiser and return a guided one."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.guidance.autoguidance import autoguidance as autoguidance
    from scorefield.guidance.cfg import cfg as cfg
    from scorefield.guidance.ibg import ibg as ibg
    from scorefield.guidance.interval import interval as interval
    from scorefield.guidance.mean import mean as mean
    from scorefield.guidance.minus_score import minus_score as minus_score
    from scorefield.guidance.mue import mue as mue
    from scorefield.guidance.plain import plain as plain
    from scorefield.guidance.random import random as random
    from scorefield.guidance.ratio import ratio as ratio
    from scorefield.guidance.sgms import sgms as sgms
    from scorefield.guidance.submitted_samples import submitted_samples as submitted_samples
    from scorefield.guidance.temperature import temperature as temperature

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
