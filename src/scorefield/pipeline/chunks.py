"""Work in chunks, shared out over ranks, each kept when it is done."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from scorefield.core.hardware import keep_memory
from scorefield.pipeline import ranks
from scorefield.pipeline.files import load_tensors, save_tensors
from scorefield.pipeline.records import Record, load_records, save_records


def chunks(
    files: list[Path], compute: Callable[[int], dict[str, Tensor]]
) -> list[dict[str, Tensor]] | None:
    """compute(i) for each of the files, in order; None but on rank 0. Results that are in their
    file are not computed again, so that a killed run goes on."""
    share_out(files, lambda i: save_tensors(files[i], compute(i)))
    return None if ranks.rank() > 0 else [load_tensors(file) for file in files]


def record_chunks(
    files: list[Path], kind: type[Record], compute: Callable[[int], Record]
) -> list[Record] | None:
    """`chunks` of work whose results are records of one class."""
    share_out(files, lambda i: save_records(files[i], [compute(i)]))
    return None if ranks.rank() > 0 else [load_records(file, kind)[0] for file in files]


def share_out(files: list[Path], make: Callable[[int], None]) -> None:
    """make(i) for each missing file, shared out over ranks; returns when all files exist."""
    keep_memory()
    for i in range(ranks.rank(), len(files), ranks.world()):
        if not files[i].exists():
            make(i)
    ranks.meet()
