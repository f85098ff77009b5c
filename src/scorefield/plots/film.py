"""Paths as an animated GIF."""

import io

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from scorefield.pipeline.files import to_bytes, write

FRAMES = 33  # of a path
HOLD = 6  # more frames of its ends
MILLISECONDS = 90  # of a frame
ZOOM = 3  # pixels a side that are drawn for a pixel of an image


def film(paths: list[Tensor], path: str) -> None:
    """Several paths of images (N + 1, C, H, W), each of any N, side by side, forwards and then
    backwards."""
    even = [one[torch.linspace(0, len(one) - 1, FRAMES).round().long()] for one in paths]
    wide = torch.cat([pad(one, (1, 1, 1, 1), value=0.0) for one in even], 3)
    forwards = torch.cat([wide[:1].expand(HOLD, *wide.shape[1:]), wide])
    frames = interpolate(torch.cat([forwards, forwards.flip(0)]).float(), scale_factor=ZOOM)
    channels_last = [frame.movedim(0, -1).squeeze(-1) for frame in to_bytes(frames)]
    pictures = [Image.fromarray(frame.numpy()) for frame in channels_last]
    content, options = io.BytesIO(), {"save_all": True, "loop": 0, "duration": MILLISECONDS}
    pictures[0].save(content, format="GIF", append_images=pictures[1:], **options)
    write(path, content.getvalue())
