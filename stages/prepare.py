"""Prepare one dataset. Usage: python stages/prepare.py NAME"""

from scorefield.command import command
from scorefield.pipeline import params
from scorefield.pipeline.files import save_tensors


def main(name: str) -> None:
    spec = params.entry("data", name)
    save_tensors(f"data/{name}.safetensors", params.method("data", spec["source"], spec)())


if __name__ == "__main__":
    command(main)
