"""Where a stage begins, and where whatever goes wrong in it ends: in one line.

Only scripts import this, and before all else: from then on Ctrl-C, wrong input and errors that
nobody foresaw are one line, also while libraries load. The trace of the last goes to a file.
"""

import os
import re
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from traceback import extract_tb, format_exception
from types import TracebackType

from scorefield.core.errors import InputError

INTERRUPTED = "interrupted: what had been finished is kept, and `dvc repro` goes on from here"
MEMORY = "out of memory; a smaller batch, or a smaller sampling.chunk, needs less"
NO_GIT = "DVC works in a git repository; `git init` makes this folder one"
LONGEST = 200  # characters of a foreign error that are shown


def command(main: Callable[..., None]) -> None:
    """Run a stage on its command-line arguments. Raises InputError for wrong ones."""
    expect_arguments(main, sys.argv[1:])
    from scorefield.pipeline import progress, ranks

    with ranks.joined(), progress.timed():
        main(*sys.argv[1:])


def expect_arguments(main: Callable[..., None], given: list[str]) -> None:
    """Raises InputError unless a function takes these arguments."""
    try:
        signature(main).bind(*given)
    except TypeError as error:
        usage = re.search(r"^.*Usage: *(.+)$", sys.modules["__main__"].__doc__ or "", re.M)
        told = f"; usage: {usage[1]}" if usage else ""
        raise InputError(f"{error}, found {' '.join(given) or 'no argument'}{told}") from None


def ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the last line of a process that an error ends."""
    said = INTERRUPTED if isinstance(error, KeyboardInterrupt) else f"error: {explained(error)}"
    print(said, file=sys.stderr, flush=True)


def explained(error: BaseException) -> str:
    """An error in one line. That of an InputError is its own; the trace of another one, which is
    perhaps a mistake of this program, is kept in a file that the line names."""
    if isinstance(error, InputError):
        return str(error)
    said = " ".join(str(error).split())
    if type(error).__module__.startswith(("dvc.", "scmrepo.")):  # theirs are for users too
        return said + f"; {NO_GIT}" * said.endswith("is not a git repository")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        said = MEMORY
    elif isinstance(error, OSError) and error.filename and error.strerror:
        said = f"{error.filename}: {error.strerror}"
    else:
        said = f"{type(error).__name__}{place(error)}: {said[:LONGEST] or 'no reason was given'}"
    return f"{said}; {kept(error)}"


def place(error: BaseException) -> str:
    """The last line of this project that an error came through."""
    frames = [each for each in extract_tb(error.__traceback__) if "site-packages" not in each[0]]
    return f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


def kept(error: BaseException) -> str:
    """Where the trace of an error is: in a file for each stage and rank, below .scratch."""
    stage = os.environ.get("DVC_STAGE") or "-".join([Path(sys.argv[0]).stem, *sys.argv[1:]])
    rank = f"-rank{os.environ['RANK']}" if os.environ.get("RANK", "0") != "0" else ""
    name = re.sub(r"[^\w@.-]", "_", stage)[:100] + rank
    file = Path(os.environ.get("DVC_ROOT", "."), ".scratch", "errors", f"{name}.log")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(format_exception(error)))
    except OSError as why:
        return f"its trace could not be kept ({why.strerror})"
    return f"its trace is in {file}"


sys.excepthook = ended
