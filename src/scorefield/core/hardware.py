"""What the machine can do, found once."""

import torch


def device() -> torch.device:
    """A GPU where there is one; its convolutions are pinned to reproducible algorithms."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def tiles() -> bool:
    """Whether the processor has matrix tiles (AMX): channels_last pays there, and only there."""
    return torch.cpu._is_amx_tile_supported()
