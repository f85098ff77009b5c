"""What the machine can do, found once."""

import contextlib
import ctypes

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def device() -> torch.device:
    """A GPU where there is one; its convolutions are pinned to reproducible algorithms."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def keep_memory() -> None:
    """Have the C library keep what is freed for what comes next, instead of giving it back to the
    system and fetching it again at every step of a loop; where it is not glibc, nothing."""
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
        for option, size in ((M_MMAP_THRESHOLD, 2**28), (M_TRIM_THRESHOLD, 2**30)):
            set_option(option, size)


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def tiles() -> bool:
    """Whether the processor has matrix tiles (AMX): channels_last pays there, and only there."""
    return bool(torch.cpu._is_amx_tile_supported())


def arithmetic(precision: str, device: torch.device) -> contextlib.ExitStack:
    """A context in which matrices are multiplied in bfloat16: for `auto` where that pays."""
    half = precision == "bfloat16" or (precision == "auto" and bfloat16_pays(device))
    stack = contextlib.ExitStack()
    stack.enter_context(torch.autocast(device.type, torch.bfloat16, enabled=half))
    if (half or device.type == "cuda") and torch.is_grad_enabled():
        # the fused attention's backward in bfloat16 on CPUs is several times the whole step, and
        # on GPUs its bytes differ between runs
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
    return stack
