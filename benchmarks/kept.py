"""What it gains to keep freed memory: steps with and without, in turn, each in a fresh process.

Usage: python benchmarks/kept.py

Needs data/digits and data/pairs; about two minutes. Puts `kept` into benchmarks/results.json:
milliseconds a step without and with it, medians of rounds, and their ratio.
"""

import subprocess
import sys
from statistics import median

from contest import trainer
from results import keep
from tqdm import tqdm

from scorefield.experiments import training

MODELS = ("digits-ddpm", "digits-dit", "digits-dddm", "pairs-ratio-disc")
ROUNDS, REPEATS = 4, 6


def child(how: str, name: str) -> None:
    """Prints the milliseconds of a step in a process of its own, after some that do not count."""
    if how == "plain":
        training.keep_memory = lambda: None
    steps, _ = trainer(name)
    print(1e3 * median([steps() for _ in range(REPEATS)][2:]))


def main() -> None:
    found: dict[str, dict[str, list[float]]]
    found = {name: {"plain": [], "kept": []} for name in MODELS}
    for name, how in tqdm([(n, h) for _ in range(ROUNDS) for n in MODELS for h in found[n]]):
        ms = subprocess.check_output([sys.executable, __file__, how, name], text=True)
        found[name][how].append(float(ms))
    told = {name: {how: median(ms) for how, ms in times.items()} for name, times in found.items()}
    for name, times in told.items():
        times["ratio"] = times["plain"] / times["kept"]
        print(name, {key: round(value, 2) for key, value in times.items()})
    keep(kept=told)


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
