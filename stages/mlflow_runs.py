"""Mirror into MLflow what dvc.lock holds and MLflow lacks. Usage: python stages/mlflow_runs.py

Where MLflow does not answer that is one line, and no failure of the pipeline.
"""

from scorefield.command import command
from scorefield.pipeline.dvc_lock import read_lock
from scorefield.pipeline.mlflow_mirror import mirror
from scorefield.pipeline.mlflow_registry import best_models, register
from scorefield.pipeline.mlflow_results import results
from scorefield.pipeline.tracking import NotTracked


def main() -> None:
    lock = read_lock()
    try:
        print(f"{mirror(results(lock))} new runs in MLflow")
        print(f"{register(best_models(lock))} new best models in its registry")
    except NotTracked as error:
        print(f"not mirrored: {error}; `python stages/mlflow_runs.py` adds what is missing")


if __name__ == "__main__":
    command(main)
