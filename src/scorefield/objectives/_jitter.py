"""Random small shifts and rotations of images, as data augmentation."""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


def jittered(x: Tensor, shift: float, turn: float) -> Tensor:
    """Images x (B, C, H, W) in [-1, 1], each shifted by up to `shift` pixels and rotated by up to
    `turn` degrees, both uniform; the border is filled with -1, black."""
    angle = torch.deg2rad(turn * (2 * torch.rand(len(x), device=x.device) - 1))
    move = 2 * shift * (2 * torch.rand(len(x), 2, device=x.device) - 1)
    across, down = move[:, 0] / x.shape[3], move[:, 1] / x.shape[2]
    rows = [angle.cos(), -angle.sin(), across, angle.sin(), angle.cos(), down]
    grid = affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x.shape), align_corners=False)
    return grid_sample(x + 1, grid, align_corners=False) - 1
