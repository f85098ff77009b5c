"""Draw the samples of one run, alone or under torchrun. Usage: python stages/sample.py NAME"""

from pathlib import Path

from torch import Tensor

from scorefield.core import params
from scorefield.core.files import command, save_tensors
from scorefield.lab.identity import running, scratch
from scorefield.lab.runs import condition_of, plan_of, unguided
from scorefield.lab.sampling import sample_chunks


def main(name: str) -> None:
    with scratch(running(f"sample@{name}")) as folder:
        tensors = samples(name, folder)
        if tensors is not None:
            save_tensors(f"samples/{name}.safetensors", tensors)


def samples(name: str, folder: Path) -> dict[str, Tensor] | None:
    """What the run drew; of a run that matches test examples also these, and unguided samples from
    the same noise. None but on rank 0."""
    spec, chunks = params.run(name), params.section("sampling")
    condition = condition_of(spec)
    plan, extra = plan_of(spec, condition), {}
    if condition is not None and condition.source is not None:
        plain = sample_chunks(unguided(plan, spec), spec["n"], folder / "unguided", **chunks)
        extra = {"given": condition.values, "source": condition.source}
        extra |= {"unguided": plain.samples} if plain else {}
    drawn = sample_chunks(plan, spec["n"], folder, **chunks)
    return drawn.tensors() | extra if drawn else None


if __name__ == "__main__":
    command(main)
