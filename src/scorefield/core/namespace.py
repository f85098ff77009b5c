"""A folder as a namespace of functions: `scorefield.guidance.ibg` is the function of ibg.py."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from scorefield.core.registry import methods, near


class Namespace(ModuleType):
    """A folder whose attributes are functions and classes of its files, each imported when it is
    first asked for.

    Python binds an imported file to its package, under a name that may hide a function of that
    name. Here the function takes that place; `from scorefield.guidance.ibg import ibg` is as
    anywhere.
    """

    _given: Mapping[str, str] | None

    @property
    def _files(self) -> Mapping[str, str]:
        """The file of each name; of a kind every file has a function of its own name."""
        if self._given is not None:
            return self._given
        return {name: name for name in methods(self.__name__.rpartition(".")[2])}

    def __getattr__(self, name: str) -> Any:
        files = self._files
        if name not in files:
            known = near(name, [*files])
            raise AttributeError(f"{self.__name__} has nothing named '{name}'; {known}")
        found = vars(import_module(f"{self.__name__}.{files[name]}"))[name]
        super().__setattr__(name, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        hides = isinstance(value, ModuleType) and name in self._files
        super().__setattr__(name, vars(value)[name] if hides else value)

    def __dir__(self) -> list[str]:
        return [*self._files]


def namespace(package: str, files: Mapping[str, str] | None = None) -> None:
    """Make a package, while it is being imported, a `Namespace`: of `files`, the file of each name,
    or, without these, of all methods in its folder, so that a new file is known."""
    module = sys.modules[package]
    vars(module)["_given"] = files
    module.__class__ = Namespace
