"""Optimisers: (net, lr, weight_decay) -> the optimisers of its weights, each at its own rate."""

from typing import TYPE_CHECKING, Any

from scorefield.core.namespace import namespace

if TYPE_CHECKING:  # for editors and type checkers; at run time all files of the folder count
    from scorefield.optimisers.adamw import adamw as adamw
    from scorefield.optimisers.muon import muon as muon

    def __getattr__(name: str) -> Any: ...


namespace(__name__)
