"""A change of several files that is made whole or not at all, also where a kill comes between."""

from pathlib import Path
from typing import Any

from scorefield.pipeline.files import load_json, save_json, write

JOURNAL = Path(".scratch/entry.json")
Texts = dict[str, str | None]  # path -> text, None for no file


def text_of(path: str) -> str | None:
    """The text of a file; None where there is none."""
    return Path(path).read_text() if Path(path).exists() else None


def put(path: str, text: str | None) -> None:
    """Give a file this text, or remove it."""
    Path(path).unlink(missing_ok=True) if text is None else write(path, text.encode())


def change(name: str, after: Texts) -> None:
    """Give files their new texts, in this order. All of them stand in the journal first."""
    before = {path: text_of(path) for path in after}
    save_json(JOURNAL, {"name": name, "files": [[p, before[p], after[p]] for p in after]})
    finish(load_json(JOURNAL))


def finish(journal: Any) -> None:
    """Give all files of a journal their new texts, and remove it."""
    for path, _, after in journal["files"]:
        put(path, after)
    JOURNAL.unlink()


def recover() -> str:
    """End a change that was interrupted, and say so in a line; nothing where there was none. It is
    finished, or taken back where one of the files was changed since."""
    if not JOURNAL.exists():
        return ""
    journal = load_json(JOURNAL)
    name, files = journal["name"], journal["files"]
    edited = [path for path, *texts in files if text_of(path) not in texts]
    if not edited:
        finish(journal)
        return f"{name}: its entry was interrupted, and is now whole"
    for path, before, after in files:
        if text_of(path) == after:
            put(path, before)
    JOURNAL.unlink()
    return f"{name}: its entry was interrupted and is taken back, as {edited[0]} was changed since"
