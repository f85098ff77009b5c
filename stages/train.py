"""Train one model, or go on with it, alone or under torchrun. Usage: python stages/train.py NAME"""

from scorefield.command import command
from scorefield.experiments.model_training import train_model
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    key = running(f"train@{name}")
    with scratch(key) as folder:
        train_model(name, key, folder)


if __name__ == "__main__":
    command(main)
