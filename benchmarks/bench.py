"""Speed and memory beside plain diffusers, alternating in one run.

Usage: python benchmarks/bench.py

Needs data/digits, models/digits-ddpm and models/digits-classifier (`make repro`); about ten
minutes. Writes benchmarks/results.json. Ratios are medians over rounds of old time by our time.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel
from layouts import BATCH, KNOBS, OBJECTIVE, SECONDS, layouts, our_model, our_training, seconds
from results import keep
from torch import Tensor
from torch.nn.functional import mse_loss, pixel_shuffle, pixel_unshuffle
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from scorefield.core.denoiser import Counter
from scorefield.core.model import Model
from scorefield.core.schedule import cosine, times
from scorefield.experiments.sampling import Plan, draw
from scorefield.pipeline.files import load_data, load_model
from scorefield.samplers.ddim import ddim

STEPS, ROUNDS, SAMPLED, SAMPLING_STEPS = 10, 5, 256, 25


def alternate(plain: Callable, ours: Callable, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Median seconds of both and the median ratio, after one round that does not count."""
    pairs = [(seconds(plain), seconds(ours)) for _ in tqdm(range(rounds + 1), leave=False)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def plain_training(net: UNet2DModel, images: Tensor, steps: int) -> None:
    """The loop of a tutorial: float32, AdamW as it comes, the same v-regression."""
    optimiser, schedule = torch.optim.AdamW(net.parameters(), KNOBS["lr"]), cosine()
    net.train()
    for _ in range(steps):
        x0 = images[torch.randint(len(images), (BATCH,))]
        t = torch.rand(BATCH, 1, 1, 1)
        alpha, sigma = schedule(t)
        z = torch.randn_like(x0)
        out = net(alpha * x0 + sigma * z, 1000 * t.flatten() - 1).sample
        mse_loss(out, alpha * z - sigma * x0).backward()
        optimiser.step()
        optimiser.zero_grad()


def plain_net(model: Model) -> UNet2DModel:
    """The same network and weights as a plain float32 UNet2DModel, on folded images."""
    net = UNet2DModel.from_config(model.net.diffusers_config())
    net.load_state_dict(model.net.state_dict())
    return net.to(memory_format=torch.contiguous_format)


def training(data: dict[str, Tensor], attention: bool) -> dict[str, float]:
    model = our_model(attention=attention)
    plain, folded = plain_net(model), pixel_unshuffle(data["train"], model.net.fold)
    old, new, ratio = alternate(
        lambda: plain_training(plain, folded, STEPS), lambda: our_training(model, data, STEPS)
    )
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
    ours, theirs = {}, {}

    def run_theirs() -> None:
        source = torch.Generator().manual_seed(0)
        images = pipeline(SAMPLED, source, 0.0, SAMPLING_STEPS, output_type="np").images
        theirs["x"] = pixel_shuffle(torch.from_numpy(images).permute(0, 3, 1, 2), model.net.fold)

    def run_ours() -> None:
        with tqdm(disable=True) as bar:
            ours["x"] = draw(plan, range(SAMPLED), bar).samples

    old, new, ratio = alternate(run_theirs, run_ours)
    found = {"sample_speedup": ratio, "sample_plain_s": old, "sample_ours_s": new}
    for precision in ("float32", "bfloat16"):
        model = load_model("models/digits-ddpm", precision)
        source = torch.Generator().manual_seed(0)
        side = [SAMPLED, model.net.config.in_channels, *model.net.config.sample_size]
        x = pixel_shuffle(torch.randn(*side, generator=source), model.net.fold)
        *_, x = ddim(model, x, times(SAMPLING_STEPS))
        gap = ((x.clamp(-1, 1) + 1) / 2 - theirs["x"]).abs()
        found |= {f"sample_mean_gap_{precision}": gap.mean().item()}
        found |= {f"sample_max_gap_{precision}": gap.max().item()}
    return found


def peak(step_seconds: float, model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """The share of the machine's bfloat16 matrix peak that a training step reaches."""
    a, b = (torch.randn(2048, 2048).bfloat16() for _ in range(2))
    a @ b
    best = 2 * 2048**3 / min(seconds(lambda: a @ b) for _ in range(20))
    with FlopCounterMode(display=False) as counter:
        OBJECTIVE(model, {"x": data["train"][:BATCH]}).mean().backward()
    rate = counter.get_total_flops() / step_seconds
    return {
        "matrix_peak_gflops": best / 1e9,
        "train_gflops": rate / 1e9,
        "train_peak_share": rate / best,
    }


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
    data = load_data("digits")
    model = our_model()
    plain, folded = plain_net(model), pixel_unshuffle(data["train"], model.net.fold)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = peak_memory()
    if who == "plain":
        plain_training(plain, folded, STEPS)
    else:
        our_training(model, data, STEPS)
    print(peak_memory() - before)


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    return f"{name}, {os.cpu_count()} cores, torch {torch.__version__}"


def main() -> None:
    data, step = load_data("digits"), count(1)
    tell = lambda what: print(f"{next(step)}/6 {what}", flush=True)
    tell("training, without attention")
    found = training(data, attention=False)
    tell("training, with attention")
    found |= training(data, attention=True)
    tell("sampling")
    found |= sampling()
    tell("share of the matrix peak")
    found |= peak(found["train_ours_ms"] / 1e3, our_model(attention=False), data)
    tell("memory")
    found |= {f"memory_{who}_mib": memory(who) for who in ("plain", "ours")}
    tell(f"block layouts, {SECONDS} s of training each")
    found |= layouts(data) | {"machine": machine()}
    keep(**found)
    for key, value in sorted(found.items()):
        print(f"{key:28} {value:.4g}" if isinstance(value, float) else f"{key:28} {value}")


if __name__ == "__main__":
    memory_child(sys.argv[1]) if len(sys.argv) > 1 else main()
