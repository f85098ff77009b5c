"""Cross-entropy of labels, on images that are shifted and turned a little."""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from scorefield.core.denoiser import Model


def classifier(
    model: Model, batch: dict[str, Tensor], *, shift: float, turn: float, smoothing: float
) -> Tensor:
    """Cross-entropy per sample, shape (B,); shift is in pixels, turn in degrees, both the
    largest of a uniform range and both off in evaluation mode."""
    x = batch["x"]
    if model.training:
        angle = torch.deg2rad(turn * (2 * torch.rand(len(x), device=x.device) - 1))
        move = 2 * shift * (2 * torch.rand(len(x), 2, device=x.device) - 1)
        move = move / torch.tensor(x.shape[:1:-1], device=x.device)
        rows = [angle.cos(), -angle.sin(), move[:, 0], angle.sin(), angle.cos(), move[:, 1]]
        grid = affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x.shape), align_corners=False)
        x = grid_sample(x + 1, grid, align_corners=False) - 1  # the frame is -1, black
    return cross_entropy(model.net(x), batch["y"], label_smoothing=smoothing, reduction="none")


@torch.no_grad()
def diagnose(model: Model, data: dict[str, Tensor]) -> dict[str, float]:
    """Accuracy on the test split."""
    guess = torch.cat([model.net(part).argmax(1) for part in data["test"].split(500)])
    return {"accuracy": (guess == data["test_labels"]).double().mean().item()}
