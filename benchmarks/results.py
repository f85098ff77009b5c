"""What `make bench` measured on this machine."""

from pathlib import Path
from typing import Any

from scorefield.pipeline.files import load_json, save_json

RESULTS = Path("benchmarks/results.json")


def keep(**found: Any) -> None:
    """Put figures beside what was measured before."""
    save_json(RESULTS, (load_json(RESULTS) if RESULTS.exists() else {}) | found)
