"""Every kind of stage on a simulated GPU, in the present folder. Writes found.json: for each stage
the error that stopped it, and how much more often the host waited when it took more steps.
Usage: python tests/helpers/gpu_stages.py [all | single] [part of a name ...]"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from tqdm import tqdm

from scorefield.core import hardware
from scorefield.core.model import in_single, put
from scorefield.data.bimodal import bimodal
from scorefield.data.layouts import layouts
from scorefield.data.pairs import pairs
from scorefield.experiments import model_training, models, training
from scorefield.experiments.evaluation import evaluate
from scorefield.experiments.few_steps import few_steps
from scorefield.experiments.guidance_sweep import guidance_sweep
from scorefield.experiments.instability_study import instability_study
from scorefield.experiments.matching import matching
from scorefield.experiments.matching_guides import matching_guides
from scorefield.experiments.models import untrained_model
from scorefield.experiments.runs import condition_of, plan_of, samples
from scorefield.experiments.sampling import drawn
from scorefield.experiments.transition_paths import path_study
from scorefield.pipeline import params
from scorefield.pipeline.files import load_data, save_tensors
from tests.helpers.gpu_params import tiny
from tests.helpers.simulated_gpu import NAME, SimulatedGpu

READ = 5  # steps of training between two looks at the loss
STEPS = 3  # of sampling
SCORED = ("points-ddim", "images-ddim", "images-ratio-disc", "exact-images", "exact-points")
STUDIES: dict[str, Callable[..., Any]] = {
    "instability": instability_study,
    "guidance_sweep": lambda name, spec, folder: guidance_sweep(spec, folder),
    "few_steps": lambda name, spec, folder: few_steps(spec, folder),
    "matching": lambda name, spec, folder: matching(spec, folder),
    "matching_guides": lambda name, spec, folder: matching_guides(spec, folder),
    "paths": lambda name, spec, folder: path_study(name),
}
Case = tuple[str, Callable[[Path, SimulatedGpu], int]]


def simulated(single_only: bool) -> None:
    """Let the project compute on the simulated device: everywhere, or where float32 is enough."""
    real = hardware.device

    def device(single: bool = False) -> torch.device:
        return torch.device(NAME, 0) if single or not single_only else torch.device("cpu")

    for module in [*sys.modules.values()]:
        if getattr(module, "device", None) is real:
            module.device = device  # type: ignore[attr-defined]


def prepare() -> None:
    """The data and params.yaml."""
    few = {"train": 64, "validation": 16, "test": 16}
    save_tensors("data/points.safetensors", bimodal(**few))
    save_tensors("data/pairs.safetensors", pairs(**few))
    save_tensors("data/layouts.safetensors", layouts(random=0, **few))
    images: dict[str, torch.Tensor] = {"pair_turns": torch.tensor(1)}
    for split, n in few.items():
        images[split] = torch.randint(256, (n, 1, 8, 8)).to(torch.uint8)
        images[f"{split}_pair"] = images[split].rot90(-1, (2, 3))
        images[f"{split}_labels"] = torch.arange(n) % 3
    save_tensors("data/images.safetensors", images)
    YAML().dump(tiny(), Path("params.yaml"))


def more_waits(gpu: SimulatedGpu, once: Callable[[int], Any], steps: int) -> int:
    """How much more often the host waits in twice as many steps."""
    counts = []
    for n in (steps, 2 * steps):
        before = gpu.waits.total()
        once(n)
        counts.append(gpu.waits.total() - before)
    return counts[1] - counts[0]


def train(name: str, folder: Path, gpu: SimulatedGpu) -> int:
    """The stage, and the loop alone."""
    model_training.train_model(name, "", folder)
    spec = params.entry("models", name)
    if not params.section(spec["net"])["steps"]:
        return 0
    loss = params.method("objectives", spec["objective"], spec)
    optimiser = params.section(spec["net"]).get("optimiser", "adamw")

    def loop(steps: int) -> None:
        data = load_data(spec["data"])
        model, _ = untrained_model(spec, data)
        model = put(model, models.device(single=in_single(model)))
        rows = {key: value.to(model.device) for key, value in data.items()}
        numbers = {"steps": steps, "batch": 16, "validations": 1, "optimiser": optimiser}
        list(training.train(model, loss, rows, None, 0, True, **numbers))

    return more_waits(gpu, loop, READ)


def sample(name: str, folder: Path, gpu: SimulatedGpu) -> int:
    """The stage, and one chunk alone."""
    save_tensors(f"samples/{name}.safetensors", samples(name, folder))
    spec = params.run(name)
    plan = plan_of(spec, condition_of(spec))
    bar: Any = tqdm(disable=True)

    def draw(steps: int) -> None:
        drawn(replace(plan, steps=steps), range(4), bar)

    draw(STEPS)  # what is measured once for a model is measured here
    return more_waits(gpu, draw, STEPS)


def score(name: str, folder: Path, gpu: SimulatedGpu) -> int:
    evaluate(name, params.run(name))
    return 0


def study(table: str, name: str, folder: Path, gpu: SimulatedGpu) -> int:
    STUDIES[table](name, params.entry(table, name), folder)
    return 0


def cases() -> Iterator[Case]:
    """All stages by name."""
    known = params.load()
    yield from ((f"train@{name}", partial(train, name)) for name in known["models"])
    for name in params.runs():
        yield f"sample@{name}", partial(sample, name)
    yield from ((f"evaluate@{name}", partial(score, name)) for name in SCORED)
    for table in STUDIES:
        yield from ((f"{table}@{name}", partial(study, table, name)) for name in known[table])


class Unwatched:
    """Stands in place of a run of MLflow."""

    def log(self, *_: Any) -> None: ...

    def picture(self, _: Path) -> None: ...


def observed(
    case: Callable[[Path, SimulatedGpu], int], folder: Path, double: bool
) -> dict[str, Any]:
    """What happened in one stage."""
    folder.mkdir(parents=True)
    start, said, more = time.process_time(), "", 0
    with SimulatedGpu(double) as gpu:
        try:
            more = case(folder, gpu)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
    found = {"error": said, "more": more, "launches": gpu.launches, "waits": dict(gpu.waits)}
    return found | {"seconds": round(time.process_time() - start, 2)}


def main(which: str = "all", *parts: str) -> None:
    torch.manual_seed(0)
    torch.autograd.set_multithreading_enabled(False)
    model_training.live = lambda *_: nullcontext(Unwatched())  # type: ignore[assignment]
    training.READ = READ  # type: ignore[misc]
    simulated(which == "single")
    prepare()
    found = {}
    for name, case in cases():
        if not parts or any(part in name for part in parts):
            found[name] = observed(case, Path("unfinished", name), which == "all")
            print(name, *found[name].values(), file=sys.stderr, flush=True)
    Path("found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
