"""Our default U-Net against the block layout of diffusers' unconditional example, at equal time."""

import time
from collections.abc import Callable

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn.functional import pad

from scorefield.core.model import Model
from scorefield.core.noise import streams
from scorefield.core.schedule import cosine, times
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.training import seed_step, train
from scorefield.metrics.evaluators import Evaluator
from scorefield.pipeline import params
from scorefield.pipeline.files import build
from scorefield.samplers.ddim import ddim

BATCH, SECONDS = 64, 90
KNOBS = {"batch": BATCH, "lr": 2e-3}
OBJECTIVE = params.method("objectives", "ddpm")


def seconds(act: Callable) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def our_model(**changes) -> Model:
    numbers = params.method("nets", "unet").keywords | changes
    shapes = {"train": [1, 1, 28, 28]}
    config = {"net": "unet", "numbers": numbers, "shapes": shapes, "schedule": "cosine"}
    seed_step(0, -1)
    return build(config | {"predict": "v"})


def our_training(model: Model, data: dict[str, Tensor], steps: int) -> None:
    for _ in train(model, OBJECTIVE, data, None, 0, steps=steps, validations=0, **KNOBS):
        pass


class Example(nn.Module):
    """The block layout of diffusers' unconditional example at a quarter of its widths, on images
    padded to 32 x 32, which its five halvings need."""

    def __init__(self) -> None:
        super().__init__()
        down, attended = "DownBlock2D", "AttnDownBlock2D"
        up = ("UpBlock2D", "AttnUpBlock2D", *["UpBlock2D"] * 4)
        self.net = UNet2DModel(
            sample_size=32,
            in_channels=1,
            out_channels=1,
            layers_per_block=2,
            block_out_channels=(32, 32, 64, 64, 128, 128),
            down_block_types=(down, down, down, down, attended, down),
            up_block_types=up,
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        index = (1000 * t - 1).flatten().expand(len(x))
        with torch.autocast("cpu", torch.bfloat16):
            out = self.net(pad(x, (2, 2, 2, 2), value=-1.0), index).sample
        return out[:, :, 2:-2, 2:-2].float()


def fid_after(model: Model, data: dict[str, Tensor], evaluator: Evaluator) -> tuple[float, int]:
    """FID of 1,000 samples after SECONDS of training, and the steps that fitted."""
    probe = 8
    our_training(model, data, probe)
    steps = int(SECONDS / (seconds(lambda: our_training(model, data, probe)) / probe))
    for state, _ in train(model, OBJECTIVE, data, None, 0, steps=steps, validations=1, **KNOBS):
        average = state.average
    x = streams(0, range(1000))(torch.empty(1000, 1, 28, 28))
    parts = (list(ddim(average, part, times(25)))[-1] for part in x.split(250))
    return evaluator.distance(torch.cat(list(parts)), data["test"])["fid"], steps


def layouts(data: dict[str, Tensor]) -> dict[str, float]:
    evaluator = load_evaluator("digits-classifier")
    torch.manual_seed(0)
    theirs = Model(Example(), cosine(), "v", [1, 28, 28])
    ours_fid, ours_steps = fid_after(our_model(), data, evaluator)
    theirs_fid, theirs_steps = fid_after(theirs, data, evaluator)
    return {
        "layout_seconds": SECONDS,
        "layout_ours_fid": ours_fid,
        "layout_ours_steps": ours_steps,
        "layout_example_fid": theirs_fid,
        "layout_example_steps": theirs_steps,
    }
