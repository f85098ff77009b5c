"""Measure every sampler on exact denoisers. Usage: python stages/sampler_distances.py"""

from scorefield.command import command
from scorefield.experiments.sampler_distances import sampler_distances
from scorefield.pipeline.files import load_json, save_json


def main() -> None:
    measured = load_json("benchmarks/samplers.json")
    save_json("metrics/few_steps/exact.json", sampler_distances(measured))


if __name__ == "__main__":
    command(main)
