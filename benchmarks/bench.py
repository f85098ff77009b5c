"""Speed and memory beside plain diffusers, alternating in one run.

Usage: python benchmarks/bench.py

Needs data/digits and models/digits-ddpm (`make repro`); about five minutes. Adds to
benchmarks/results.json. Ratios are medians over rounds of plain time by our time.

Training: the U-Net of the entry digits-ddpm, the same weights to begin with and the same batch.
Plain is the loop of a tutorial: float32, AdamW, error of v, without clipping and averaged weights.
Ours is the whole step of the stage `train`, with the optimiser and the arithmetic of params.yaml.
benchmarks/recipe.py measures what a recipe gains at equal time.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel
from results import keep, machine
from torch import Tensor
from torch.nn.functional import mse_loss, pixel_shuffle, pixel_unshuffle
from tqdm import tqdm
from trainings import Recipe, Tensors, recipe_of

from scorefield.core.denoiser import Counter
from scorefield.core.model import Model
from scorefield.core.schedule import cosine, times
from scorefield.experiments.sampling import Plan, draw
from scorefield.experiments.training import train
from scorefield.pipeline.files import load_data, load_model
from scorefield.samplers.ddim import ddim

ENTRY, STEPS, ROUNDS, SAMPLED, SAMPLING_STEPS = "digits-ddpm", 10, 5, 256, 25
RATE = 1e-3  # of the plain loop
Act = Callable[[], None]


def seconds(act: Act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def alternate(plain: Act, ours: Act, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Median seconds of both and the median ratio, after one round that does not count."""
    pairs = [(seconds(plain), seconds(ours)) for _ in tqdm(range(rounds + 1), leave=False)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def our_training(model: Model, recipe: Recipe, data: Tensors) -> None:
    """Some steps of the stage `train`."""
    budget = recipe.budget | {"steps": STEPS, "validations": 0}
    for _ in train(model, recipe.loss, data, None, 0, True, **budget):
        pass


def plain_training(net: UNet2DModel, images: Tensor, batch: int) -> None:
    """As many steps of the loop of a tutorial: float32, AdamW as it comes, error of v."""
    optimiser, schedule = torch.optim.AdamW(net.parameters(), RATE), cosine()
    net.train()
    for _ in range(STEPS):
        x0 = images[torch.randint(len(images), (batch,))]
        t = torch.rand(batch, 1, 1, 1)
        alpha, sigma = schedule(t)
        z = torch.randn_like(x0)
        out = net(alpha * x0 + sigma * z, 1000 * t.flatten() - 1).sample
        mse_loss(out, alpha * z - sigma * x0).backward()
        optimiser.step()
        optimiser.zero_grad()


def plain_net(model: Model) -> UNet2DModel:
    """The same network and weights as a plain float32 UNet2DModel, on folded images."""
    ours: Any = model.net
    net = UNet2DModel.from_config(ours.diffusers_config())
    net.load_state_dict(ours.state_dict())
    return net.to(memory_format=torch.contiguous_format)


def both(data: Tensors, **changes: bool) -> tuple[Act, Act]:
    """Plain training and ours, of the same network with other settings."""
    recipe = recipe_of(ENTRY, data, **changes)
    model, batch = recipe.model(), recipe.budget["batch"]
    net: Any = model.net
    plain, folded = plain_net(model), pixel_unshuffle(data["train"], net.fold)
    return (
        lambda: plain_training(plain, folded, batch),
        lambda: our_training(model, recipe, data),
    )


def training(data: Tensors, attention: bool) -> dict[str, float]:
    old, new, ratio = alternate(*both(data, attention=attention))
    name = "train" + "_attention" * attention
    return {
        f"{name}_speedup": ratio,
        f"{name}_plain_ms": 1e3 * old / STEPS,
        f"{name}_ours_ms": 1e3 * new / STEPS,
    }


def sampling() -> dict[str, float]:
    """Our DDIM against DDIMPipeline: same weights, times and starting noise."""
    model = load_model("models/digits-ddpm")
    bar = cosine().alpha(torch.arange(1001).double() / 1000) ** 2
    scheduler = DDIMScheduler(
        trained_betas=(1 - bar[1:] / bar[:-1]).float().numpy(),
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
    )
    pipeline = DDIMPipeline(plain_net(model).eval(), scheduler)
    pipeline.set_progress_bar_config(disable=True)
    device = torch.device("cpu")
    plan = Plan(model, ddim, model.shape, SAMPLING_STEPS, 0, device, Counter())
    net: Any = model.net
    ours: Tensors = {}
    theirs: Tensors = {}

    def run_theirs() -> None:
        source = torch.Generator().manual_seed(0)
        images = pipeline(SAMPLED, source, 0.0, SAMPLING_STEPS, output_type="np").images
        theirs["x"] = pixel_shuffle(torch.from_numpy(images).permute(0, 3, 1, 2), net.fold)

    def run_ours() -> None:
        with tqdm(disable=True) as bar:
            ours["x"] = draw(plan, range(SAMPLED), bar).samples

    old, new, ratio = alternate(run_theirs, run_ours)
    found = {"sample_speedup": ratio, "sample_plain_s": old, "sample_ours_s": new}
    for precision in ("float32", "bfloat16"):
        model = load_model("models/digits-ddpm", precision)
        source = torch.Generator().manual_seed(0)
        side = [SAMPLED, net.config.in_channels, *net.config.sample_size]
        x = pixel_shuffle(torch.randn(*side, generator=source), net.fold)
        *_, x = ddim(model, x, times(SAMPLING_STEPS))
        gap = ((x.clamp(-1, 1) + 1) / 2 - theirs["x"]).abs()
        found |= {f"sample_mean_gap_{precision}": gap.mean().item()}
        found |= {f"sample_max_gap_{precision}": gap.max().item()}
    return found


def memory(who: str) -> float:
    """Peak memory of a training process above what its imports and data take, in MiB."""
    done = subprocess.run(
        [sys.executable, __file__, who], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def peak_memory() -> float:
    """This process's peak resident memory on Linux, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def memory_child(who: str) -> None:
    plain, ours = both(load_data("digits"))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = peak_memory()
    (plain if who == "plain" else ours)()
    print(peak_memory() - before)


def main() -> None:
    data, step = load_data("digits"), count(1)
    tell = lambda what: print(f"{next(step)}/4 {what}", flush=True)
    tell("training, without attention")
    found = training(data, attention=False)
    tell("training, with attention")
    found |= training(data, attention=True)
    tell("sampling")
    found |= sampling()
    tell("memory")
    found |= {f"memory_{who}_mib": memory(who) for who in ("plain", "ours")}
    keep(**found, machine=machine())
    for key, value in sorted(found.items()):
        print(f"{key:28} {value:.4g}")


if __name__ == "__main__":
    memory_child(sys.argv[1]) if len(sys.argv) > 1 else main()
