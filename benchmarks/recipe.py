"""The training recipe against the previous one and diffusers' example, at equal time.

Usage: python benchmarks/recipe.py [--seeds 0 1 2] [--nets unet dit] [--jobs 2] [--quick]

Needs data/digits and models/mnist-classifier (`make repro`). Every training has one thread, and
time is that of its processor. About 95 minutes of a core in all, half of it with two jobs. What is
done is in .scratch/recipe.jsonl; a run that was killed goes on from there if nothing was edited.
Puts recipe_* and train_peak_share into benchmarks/results.json; --quick only prints them.

- New: the entries digits-ddpm and digits-dit of params.yaml. Previous: `baselines.previous`.
- Part of the speed-up is order in memory: on processors with matrix tiles (AMX) the previous U-Net
  had channels last, with which PyTorch normalises its few channels a group slowly.
  `recipe_old_contiguous_ms` is its step without, beside `recipe_old_ms` and `recipe_new_ms`.
- Equal time: the milliseconds of a step are measured in turn, then each recipe trains with its
  whole schedule in as many steps as take the previous recipe's time. The trainings of a seed go on
  in turn, a twentieth of each at a time, so that all of them meet the same machine.
- FID: 1,000 samples in 25 steps of DDIM against the test images, evaluator mnist-classifier.
- Loss: the squared error of v of a pixel on the validation images, with the same noise and
  stratified times over (0, 1] for all recipes, of the averaged weights.
- Speed-up: the time of the previous recipe by that in which the new one ends with the same loss.
  The new one also trains with a quarter of the steps, and with 3/8 or with 1/8, 1/16, ... of them,
  the whole schedule in each; the logarithm of the steps is interpolated in the logarithm of the
  loss. Steps are converted to time by those trained in turn.
- Example of diffusers (examples/unconditional_image_generation/train_unconditional.py): its six
  levels with attention in the fifth, two layers, AdamW 1e-4 with betas (.95, .999) and weight decay
  1e-6, 500 steps of warm-up and a cosine, batch 16, clipping at 1, EMA as it comes, 1,000 steps of
  linear betas, error of eps, float32; on images padded to 32 x 32. Its widths are a quarter: at its
  own (`recipe_diffusers_full_ms` a step) its warm-up alone takes longer than all of this time. Its
  samples: DDIM of diffusers, 25 steps with trailing spacing.
- train_peak_share: floating-point operations a second of a step of the new U-Net (forward and
  backward are counted, the time is the whole step's) by those of a product of 2,048 x 2,048
  matrices in the same number format, measured in turn.
"""

import json
import multiprocessing
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from baselines import example, previous
from recipe_figures import (
    PREFIX,
    PROBE_STEPS,
    PROBES,
    crossing,
    fid,
    full_example,
    held_loss,
    in_turn,
    peak,
    step_times,
    summary,
)
from results import keep, machine
from trainings import Tensors, recipe_of, trained

from scorefield.core.model import Model
from scorefield.core.registry import SOURCE
from scorefield.pipeline.code_hash import closure
from scorefield.pipeline.files import WEIGHTS, checksum, load_data

ENTRIES = {"unet": "digits-ddpm", "dit": "digits-dit"}
DONE = Path(".scratch/recipe.jsonl")
EVALUATOR = "mnist-classifier"
PARTS = 20  # of a training
BESIDE = ("baselines", "recipe_figures", "trainings")
Start = Callable[[int, int], Iterator[Any]]  # from steps and parts to a training


def trainings(name: str, data: Tensors, seed: int) -> dict[str, Start]:
    """What is compared for a network."""
    found: dict[str, Start] = {
        "old": partial(trained, previous(name), data, seed),
        "new": partial(trained, recipe_of(ENTRIES[name], data), data, seed),
    }
    return found | ({"diffusers": partial(example, data["train"], seed)} if name == "unet" else {})


def version() -> str:
    """A hash of params.yaml, the data, the evaluator and all code that trains."""
    here, evaluator = Path(__file__), Path("models", EVALUATOR, WEIGHTS)
    methods = [file for kind in ("nets", "optimisers") for file in (SOURCE / kind).glob("*.py")]
    beside = [here.with_name(f"{name}.py") for name in BESIDE]
    files = closure(here, *beside, *methods)
    return checksum("params.yaml", "data/digits.safetensors", evaluator, *sorted(files))


def once(key: dict[str, Any], make: Callable[[], Any]) -> Any:
    """What a killed run found for this key, or what `make` finds, which is then kept."""
    lines = DONE.read_text().splitlines() if DONE.exists() else []
    for row in map(json.loads, lines):
        if row["key"] == key:
            return row["found"]
    found = make()
    DONE.parent.mkdir(exist_ok=True)
    with DONE.open("a") as file:
        file.write(json.dumps({"key": key, "found": found}) + "\n")
    return found


def equal_time(name: str, seed: int, given: Namespace) -> dict[str, Any]:
    """All recipes at the previous recipe's time: steps, seconds, FID, and loss where it is of v."""
    title, data = f"{name}, seed {seed}", load_data("digits")
    starts, whole = trainings(name, data, seed), previous(name).budget["steps"]
    probes = {key: start(PROBES * PROBE_STEPS, PROBES) for key, start in starts.items()}
    _, probed = in_turn(f"{title}, time of a step", PROBES, probes)
    step = {key: median(seconds[1:]) for key, seconds in probed.items()}
    whole = 2 * PARTS if given.quick else whole
    steps = {key: round(whole * step["old"] / step[key]) for key in starts}
    running = {key: start(steps[key], PARTS) for key, start in starts.items()}
    last, seconds = in_turn(f"{title}, equal time", PARTS, running)
    found: dict[str, Any] = {}
    for key, model in last.items():
        found[key] = {"steps": steps[key], "seconds": sum(seconds[key])}
        found[key]["fid"] = fid(model, seed, 100 if given.quick else 1000, data["test"])
        if isinstance(model, Model):
            found[key]["loss"] = held_loss(model, data["validation"])
    return found


def shorter(name: str, seed: int, steps: int) -> float:
    """The final loss of the new recipe with its whole schedule in so many steps."""
    data = load_data("digits")
    title = f"{name}, seed {seed}, {steps} steps"
    training = trainings(name, data, seed)["new"](steps, PARTS)
    last, _ = in_turn(title, PARTS, {"new": training})
    return held_loss(last["new"], data["validation"])


def study(name: str, seed: int, given: Namespace) -> dict[str, Any]:
    """All figures of one network and seed."""
    torch.set_num_threads(1)
    key = {"version": given.version, "quick": given.quick, "net": name, "seed": seed}
    found = once(key, lambda: equal_time(name, seed, given))
    old, new = found["old"], found["new"]
    points = {new["steps"]: new["loss"]}

    def loss(share: float) -> float:
        steps = max(2, round(share * new["steps"]))
        points[steps] = once(key | {"steps": steps}, lambda: shorter(name, seed, steps))
        return points[steps]

    share = 1 / 4
    if loss(share) > old["loss"]:
        loss(3 / 8)
    else:
        while share > 1 / 32 and loss(share / 2) <= old["loss"]:
            share /= 2
    needed = crossing(points, old["loss"]) * new["seconds"] / new["steps"]
    return found | {"speedup": old["seconds"] / needed, "points": points}


def steps_of_unet() -> dict[str, Any]:
    """The time of a step of the U-Net by each recipe, and its share of the machine's peak."""
    data = load_data("digits")
    recipe = recipe_of(ENTRIES["unet"], data)
    whole = full_example(data["train"])  # first: later, freed memory is kept
    return whole | peak(recipe, data) | step_times(recipe, data)


def arguments() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--nets", nargs="+", choices=[*ENTRIES], default=[*ENTRIES])
    parser.add_argument("--jobs", type=int, default=2, help="studies side by side, a thread each")
    parser.add_argument("--quick", action="store_true", help="tiny budgets, results only printed")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    given.version = version()
    torch.set_num_threads(1)
    told = steps_of_unet() if "unet" in given.nets else {}
    for name in given.nets:
        told |= {f"{PREFIX[name]}_machine": machine(), f"{PREFIX[name]}_evaluator": EVALUATOR}
    found: dict[str, dict[int, Any]] = {name: {} for name in given.nets}
    with ProcessPoolExecutor(given.jobs, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(study, n, s, given): (n, s) for n in given.nets for s in given.seeds}
        for job in as_completed(jobs):
            name, seed = jobs[job]
            found[name][seed] = job.result()
            print(f"\n{name}, seed {seed}: {json.dumps(found[name][seed])}", flush=True)
    told |= summary(found)
    print(json.dumps(told, indent=2, sort_keys=True))
    if not given.quick:
        keep(**told)
    DONE.replace(DONE.with_suffix(".done"))  # the next run measures anew


if __name__ == "__main__":
    main()
