"""Empty folders, which DVC makes where it checks out files that are missing in its cache. A stage
that depends on such a folder then looks edited, though only data are missing."""

from pathlib import Path

SAMPLES = Path("samples")  # the only outputs in folders that several stages share


def remove_empty_folders(place: Path = SAMPLES) -> list[Path]:
    """Remove the empty folders below `place`; their paths."""
    removed = []
    for folder in sorted(place.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            removed.append(folder)
    return removed
