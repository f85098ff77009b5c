"""What benchmarks/recipe.py compares with: the previous recipe and diffusers' example."""

from collections.abc import Iterator
from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from diffusers.optimization import get_scheduler
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from torch.nn.functional import mse_loss, pad, pixel_shuffle, pixel_unshuffle
from torch.utils.data import DataLoader, TensorDataset
from trainings import Recipe

from scorefield.core.hardware import arithmetic, tiles
from scorefield.core.model import Model, loss_weight
from scorefield.core.schedule import STEPS, cosine
from scorefield.nets.dit import dit
from scorefield.optimisers.adamw import adamw

SHAPE = [1, 28, 28]
PREVIOUS: dict[str, dict[str, Any]] = {
    "unet": {"steps": 1200, "lr": 3e-3},
    "dit": {"steps": 1350, "lr": 6e-3},
}
SHARED: dict[str, Any] = {"batch": 64, "warmup": 100, "clip": 1.0, "ema": 0.995}
DIT: dict[str, Any] = {"width": 192, "depth": 6, "heads": 4, "patch": 7, "overlap": 3, "stem": 0}
QUARTER = (32, 32, 64, 64, 128, 128)  # of the widths below
FULL = (128, 128, 256, 256, 512, 512)  # the example's


def previous_layout() -> torch.memory_format:
    """The order of images in memory that the previous U-Net took."""
    return torch.channels_last if tiles() else torch.contiguous_format


class Folded(nn.Module):
    """The previous U-Net: that of diffusers on images (B, 1, H, W) whose squares of 2 x 2 pixels
    are channels, in an order in memory."""

    def __init__(self, layout: torch.memory_format) -> None:
        super().__init__()
        self.layout = layout
        self.net = UNet2DModel(
            sample_size=14,
            in_channels=4,
            out_channels=4,
            layers_per_block=2,
            block_out_channels=(32, 64),
            norm_num_groups=8,
            down_block_types=("DownBlock2D",) * 2,
            up_block_types=("UpBlock2D",) * 2,
            add_attention=False,
            attention_head_dim=None,
        )
        self.to(memory_format=layout)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        index = (STEPS * t.float() - 1).flatten().expand(len(x))
        folded = pixel_unshuffle(x, 2).contiguous(memory_format=self.layout)
        with arithmetic("auto", x.device):
            out = self.net(folded, index, return_dict=False)[0]
        return pixel_shuffle(out.float(), 2)


def previous_model(name: str, layout: torch.memory_format | None = None) -> Model:
    """The untrained model of the previous recipe, `unet` or `dit`; another order in memory for
    `unet` if it is given."""
    if name == "dit":
        net = dit({"train": [1, *SHAPE]}, cosine(), **DIT, classes=0, precision="auto")
        return Model(net, cosine(), "v", SHAPE)
    return Model(Folded(layout or previous_layout()), cosine(), "v", SHAPE)


def independent(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """The mean squared error of v per sample at independent times of (0, 1], (B,)."""
    x = batch["x"]
    return squared_error(model, x, 1 - torch.rand(len(x), 1, 1, 1), torch.randn_like(x))


def squared_error(model: Model, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """The mean squared error of v per image (B, C, H, W) at times (B, 1, 1, 1), (B,)."""
    alpha, sigma = model.schedule(t)
    error = model(alpha * x + sigma * noise, t) - x
    return (loss_weight("v", alpha, sigma) * error**2).flatten(1).mean(1)


def previous(name: str, layout: torch.memory_format | None = None) -> Recipe:
    """The previous recipe of `unet` or `dit`, see `previous_model`."""
    budget = SHARED | PREVIOUS[name] | {"optimiser": adamw, "weight_decay": 0.0}
    return Recipe(lambda: previous_model(name, layout), independent, budget)


def example_net(widths: tuple[int, ...]) -> UNet2DModel:
    """The network of the example at these widths, for grey images of 32 x 32 pixels."""
    down = "DownBlock2D"
    return UNet2DModel(
        sample_size=32,
        in_channels=1,
        out_channels=1,
        layers_per_block=2,
        block_out_channels=widths,
        down_block_types=(down, down, down, down, "AttnDownBlock2D", down),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", *["UpBlock2D"] * 4),
    )


def example(
    images: Tensor, seed: int, steps: int, parts: int, widths: tuple[int, ...] = QUARTER
) -> Iterator[UNet2DModel]:
    """The training loop of the example, in so many parts; at last with the averaged weights."""
    torch.manual_seed(seed)
    net, noises = example_net(widths), DDPMScheduler(1000, beta_schedule="linear")
    weights = list(net.parameters())
    optimiser = torch.optim.AdamW(weights, 1e-4, (0.95, 0.999), weight_decay=1e-6)
    rates = get_scheduler("cosine", optimiser, num_warmup_steps=500, num_training_steps=steps)
    average = EMAModel(weights, 0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
    stops = {round(steps * (i + 1) / parts) for i in range(parts)}
    for step, clean in enumerate(batches(images, steps), 1):
        noise, t = torch.randn_like(clean), torch.randint(1000, (len(clean),))
        mse_loss(net(noises.add_noise(clean, noise, t), t).sample, noise).backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        rates.step()
        average.step(weights)
        optimiser.zero_grad()
        if step == steps:
            average.copy_to(weights)
        if step in stops:
            yield net


def batches(images: Tensor, steps: int) -> Iterator[Tensor]:
    """So many batches of 16 images, padded to 32 x 32, in a new order in every epoch."""
    padded = TensorDataset(pad(images, (2, 2, 2, 2), value=-1.0))
    loader: DataLoader[Any] = DataLoader(padded, 16, shuffle=True)
    while steps > 0:
        for (batch,) in loader:
            if steps > 0:
                yield batch
            steps -= 1


@torch.no_grad()
def example_samples(net: UNet2DModel, pure: Tensor, steps: int) -> Tensor:
    """Samples by the DDIM of diffusers from noise (B, 1, 32, 32), (B, 1, 28, 28)."""
    scheduler = DDIMScheduler(1000, beta_schedule="linear", timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    x = pure
    for t in scheduler.timesteps:
        x = scheduler.step(net(x, t).sample, t, x).prev_sample
    return x[:, :, 2:-2, 2:-2]
