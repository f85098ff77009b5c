"""Work in chunks, shared out over ranks, each kept when it is done."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from scorefield.core import ranks
from scorefield.core.files import load_tensors, save_tensors
from scorefield.core.hardware import keep_memory


def chunks(
    files: list[Path], compute: Callable[[int], dict[str, Tensor]]
) -> list[dict[str, Tensor]] | None:
    """compute(i) for each of the files, in order; None but on rank 0. What stands in its file is
    not computed again, so that a killed run goes on."""
    keep_memory()
    for i in range(ranks.rank(), len(files), ranks.world()):
        if not files[i].exists():
            save_tensors(files[i], compute(i))
    ranks.meet()
    return None if ranks.rank() > 0 else [load_tensors(file) for file in files]
