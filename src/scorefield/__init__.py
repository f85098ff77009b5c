"""Scorefield: diffusion models as score fields, with instability scores, guidance and paths.

`import scorefield as sf`; each of the names below is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scorefield import data as data
    from scorefield import guidance as guidance
    from scorefield import instability as instability
    from scorefield import metrics as metrics
    from scorefield import paths as paths
    from scorefield import samplers as samplers
    from scorefield.core.denoiser import Chunk as Chunk
    from scorefield.core.denoiser import Counter as Counter
    from scorefield.core.denoiser import Denoiser as Denoiser
    from scorefield.core.denoiser import counted as counted
    from scorefield.core.denoiser import noise as noise
    from scorefield.core.denoiser import posterior_mean as posterior_mean
    from scorefield.core.denoiser import score as score
    from scorefield.core.denoiser import velocity as velocity
    from scorefield.core.errors import InputError as InputError
    from scorefield.core.exact import Mixture as Mixture
    from scorefield.core.model import Model as Model
    from scorefield.core.network import Network as Network
    from scorefield.core.noise import streams as streams
    from scorefield.core.schedule import Schedule as Schedule
    from scorefield.core.schedule import cosine as cosine
    from scorefield.core.schedule import ddpm as ddpm
    from scorefield.core.schedule import linear as linear
    from scorefield.core.schedule import time_at as time_at
    from scorefield.core.schedule import times as times
    from scorefield.core.tilt import tilt as tilt
    from scorefield.drawing import denoiser as denoiser
    from scorefield.drawing import sample as sample
    from scorefield.fitting import exact as exact
    from scorefield.fitting import exact_ratio as exact_ratio
    from scorefield.fitting import fit as fit
    from scorefield.fitting import load as load
    from scorefield.interop.pipelines import from_diffusers as from_diffusers

PACKAGES = ("data", "guidance", "instability", "metrics", "paths", "samplers")
FILES = {  # the public names of each file
    "core.model": "Model",
    "core.denoiser": "Chunk Counter Denoiser counted noise posterior_mean score velocity",
    "core.errors": "InputError",
    "core.exact": "Mixture",
    "core.network": "Network",
    "core.noise": "streams",
    "core.schedule": "Schedule cosine ddpm linear time_at times",
    "core.tilt": "tilt",
    "drawing": "denoiser sample",
    "fitting": "exact exact_ratio fit load",
    "interop.pipelines": "from_diffusers",
}
WHERE = {name: file for file, names in FILES.items() for name in names.split()}

__all__ = sorted([*WHERE, *PACKAGES])


def __getattr__(name: str) -> Any:
    """A package or a public name, imported at its first use."""
    if name in PACKAGES:
        return import_module(f"{__name__}.{name}")
    if name not in WHERE:
        raise AttributeError(f"scorefield has nothing named '{name}'; see dir(scorefield)")
    found = getattr(import_module(f"{__name__}.{WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All public names."""
    return __all__
