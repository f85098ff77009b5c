"""A folder as a namespace of functions: `scorefield.guidance.ibg` is the function of ibg.py."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from scorefield.core.registry import methods, near


class Namespace(ModuleType):
    """A package whose attributes are functions and classes of its files; each is imported when it
    is first used.

    Python makes an imported file an attribute of its package, which would hide a function of the
    same name. Here the attribute is the function. `from scorefield.guidance.ibg import ibg` works
    as usual.
    """

    _named: Mapping[str, str] | None

    @property
    def _files(self) -> Mapping[str, str]:
        """The file of each name; by default every file has a function of its own name."""
        if self._named is not None:
            return self._named
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
    """Make a package that is being imported a `Namespace`. `files` is the file of each name;
    without it every method in the folder is an attribute, so that a new file needs no
    registration."""
    module = sys.modules[package]
    vars(module)["_named"] = files
    module.__class__ = Namespace
