"""Score and picture one run, alone or under torchrun. Usage: python stages/evaluate.py NAME"""

from scorefield.experiments.evaluation import evaluate
from scorefield.leaderboard.evaluator_hash import evaluator_hash
from scorefield.pipeline import params
from scorefield.pipeline.files import command, save_json


def main(name: str) -> None:
    spec = params.run(name)
    figures = evaluate(name, spec)
    if figures is not None:
        scored_by = {"evaluator": evaluator_hash(spec)} if "fid" in figures else {}
        save_json(f"metrics/runs/{name}.json", figures | scored_by)


if __name__ == "__main__":
    command(main)
