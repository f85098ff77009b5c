"""Paths between two examples on the score field of a denoiser at one noise level."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.paths.hamiltonian import hamiltonian as hamiltonian
    from scorefield.paths.instanton import instanton as instanton
    from scorefield.paths.string import string as string

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
