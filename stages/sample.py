"""Draw the samples of one run, alone or under torchrun. Usage: python stages/sample.py NAME"""

from scorefield.command import command
from scorefield.experiments.runs import samples
from scorefield.pipeline.files import save_tensors
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"sample@{name}")) as folder:
        tensors = samples(name, folder)
        if tensors is not None:
            save_tensors(f"samples/{name}.safetensors", tensors)


if __name__ == "__main__":
    command(main)
