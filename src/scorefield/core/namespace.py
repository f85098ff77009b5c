"""A folder of methods as a namespace: `scorefield.guidance.ibg` is the function of ibg.py."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from scorefield.core.registry import load_method, methods, near


class Namespace(ModuleType):
    """A folder of methods whose attributes are the methods, each imported when it is first asked
    for; a new file is known.

    Python binds an imported file to its package, under a name that hides the function of that name.
    Here the function takes that place; `from scorefield.guidance.ibg import ibg` is as anywhere.
    """

    @property
    def _kind(self) -> str:
        return self.__name__.rpartition(".")[2]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        known = methods(self._kind)
        if name not in known:
            raise AttributeError(f"{self.__name__} has nothing named '{name}'; {near(name, known)}")
        super().__setattr__(name, found := load_method(self._kind, name))
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        hides = isinstance(value, ModuleType) and name in methods(self._kind)
        super().__setattr__(name, load_method(self._kind, name) if hides else value)

    def __dir__(self) -> list[str]:
        return [*methods(self._kind)]


def namespace(package: str) -> None:
    """Make a package, while it is being imported, a `Namespace`."""
    sys.modules[package].__class__ = Namespace
