"""DDIM sampling of a U-Net on folded images, whose channels are unfolded into pixels at the end."""

import inspect
import json
import shutil
from pathlib import Path

import torch
from diffusers import DDIMPipeline, ImagePipelineOutput
from torch.nn.functional import pixel_shuffle


class FoldedDDIMPipeline(DDIMPipeline):
    """The DDIMPipeline of diffusers for a network whose channels are squares of pixels; an image
    has `image_channels` channels."""

    def __init__(self, unet, scheduler, image_channels: int = 1):
        super().__init__(unet, scheduler)
        self.register_to_config(image_channels=image_channels)

    def save_pretrained(self, save_directory, **named):
        """As DDIMPipeline, with this file as pipeline.py, from which diffusers loads it again."""
        super().save_pretrained(save_directory, **named)
        index = Path(save_directory, "model_index.json")
        known = json.loads(index.read_text()) | {"_class_name": ["pipeline", type(self).__name__]}
        index.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
        shutil.copyfile(inspect.getfile(type(self)), index.with_name("pipeline.py"))

    def __call__(self, *args, output_type="pil", return_dict=True, **named):
        """As DDIMPipeline, with output_type pil or np, images (N, H, W, C) in [0, 1]."""
        folded = super().__call__(*args, output_type="np", **named).images
        channels = torch.from_numpy(folded).permute(0, 3, 1, 2)
        fold = round((channels.shape[1] / self.config.image_channels) ** 0.5)
        images = pixel_shuffle(channels, fold).permute(0, 2, 3, 1).numpy()
        images = self.numpy_to_pil(images) if output_type == "pil" else images
        return ImagePipelineOutput(images=images) if return_dict else (images,)
