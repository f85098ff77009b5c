"""Sample models under every variant and scale. Usage: python stages/guidance_sweep.py NAME"""

from scorefield.command import command
from scorefield.experiments.guidance_sweep import guidance_sweep
from scorefield.pipeline import params
from scorefield.pipeline.records import save_records
from scorefield.pipeline.stage_key import running, scratch


def main(name: str) -> None:
    with scratch(running(f"guidance_sweep@{name}")) as folder:
        samples = guidance_sweep(params.entry("guidance_sweep", name), folder)
        if samples:
            save_records(f"samples/{name}-guidance_sweep.safetensors", samples)


if __name__ == "__main__":
    command(main)
