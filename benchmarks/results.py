"""What `make bench` measured, and on which machine."""

import os
import platform
from pathlib import Path
from typing import Any

import torch

from scorefield.core.hardware import tiles
from scorefield.pipeline.files import load_json, save_json

RESULTS = Path("benchmarks/results.json")


def keep(**found: Any) -> None:
    """Put figures beside what was measured before."""
    save_json(RESULTS, (load_json(RESULTS) if RESULTS.exists() else {}) | found)


def machine() -> str:
    """The processor, its cores, whether it has matrix tiles (AMX), and the version of torch."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    amx = "with AMX" if tiles() else "without AMX"
    return f"{name}, {os.cpu_count()} cores, {amx}, torch {torch.__version__}"
