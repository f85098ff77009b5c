"""A transformer on patches of an image, which knows the time by an embedding."""

import torch
from torch import nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from scorefield.core.bounds import Count


def transformer(
    shapes, schedule, *, width: Count = 96, depth: Count = 3, heads: Count = 4, patch: Count = 4
):
    """Images (B, C, H, W) and t to (B, C, H, W)."""
    _, channels, height, _ = shapes["train"]
    return PatchTransformer(channels, (height // patch) ** 2, width, depth, heads, patch)


class PatchTransformer(nn.Module):
    def __init__(self, channels, tokens, width, depth, heads, patch):
        super().__init__()
        self.patch = patch
        self.enter = nn.Linear(channels * patch**2, width)
        self.place = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.time = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.leave = nn.Linear(width, channels * patch**2)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x, t):
        folded = pixel_unshuffle(x, self.patch)  # (B, C patch^2, H / patch, W / patch)
        frequencies = 2 ** torch.arange(32, device=x.device) * 0.1
        angles = t.to(x).reshape(-1, 1).expand(len(x), 1) * frequencies
        time = self.time(torch.cat([angles.sin(), angles.cos()], 1))
        tokens = self.enter(folded.flatten(2).mT) + self.place + time[:, None]
        out = self.leave(self.blocks(tokens)).mT.unflatten(2, folded.shape[2:])
        return pixel_shuffle(out, self.patch)
