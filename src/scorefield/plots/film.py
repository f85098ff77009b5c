"""Paths as an animated GIF."""

import io

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from scorefield.core.files import to_bytes, write

HOLD, MILLISECONDS, ZOOM = 6, 90, 3  # frames that the ends stand still, time a frame, pixels


def film(paths: list[Tensor], path: str) -> None:
    """Images (N + 1, C, H, W) of several paths side by side, there and back."""
    wide = torch.cat([pad(one, (1, 1, 1, 1), value=0.0) for one in paths], 3)
    there = torch.cat([wide[:1].expand(HOLD, *wide.shape[1:]), wide])
    frames = interpolate(torch.cat([there, there.flip(0)]).float(), scale_factor=ZOOM)
    pictures = [Image.fromarray(f.movedim(0, -1).squeeze(-1).numpy()) for f in to_bytes(frames)]
    content, more = io.BytesIO(), {"save_all": True, "loop": 0, "duration": MILLISECONDS}
    pictures[0].save(content, format="GIF", append_images=pictures[1:], **more)
    write(path, content.getvalue())
