"""Datasets: functions that return tensors by their name, splits of points or of images as bytes."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.data.bimodal import bimodal as bimodal
    from scorefield.data.checkerboard import checkerboard as checkerboard
    from scorefield.data.cifar10 import cifar10 as cifar10
    from scorefield.data.folder import folder as folder
    from scorefield.data.layouts import layouts as layouts
    from scorefield.data.mnist import mnist as mnist
    from scorefield.data.modes import modes as modes
    from scorefield.data.moons import moons as moons
    from scorefield.data.pairs import pairs as pairs

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
