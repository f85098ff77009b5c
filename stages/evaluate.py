"""Score and picture one run, alone or under torchrun. Usage: python stages/evaluate.py NAME"""

from scorefield.command import command
from scorefield.experiments.evaluation import evaluate
from scorefield.leaderboard.evaluator_hash import evaluator_hash
from scorefield.pipeline import params
from scorefield.pipeline.dvc_hash import dvc_hash
from scorefield.pipeline.files import save_json


def main(name: str) -> None:
    spec = params.run(name)
    figures = evaluate(name, spec)
    if figures is not None:
        bound = {"samples": dvc_hash(f"samples/{name}.safetensors")}
        bound |= {"evaluator": evaluator_hash(spec)}
        save_json(f"metrics/runs/{name}.json", figures | (bound if "fid" in figures else {}))


if __name__ == "__main__":
    command(main)
