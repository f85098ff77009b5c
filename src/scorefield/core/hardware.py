"""Properties and settings of the hardware."""

import contextlib
import ctypes
from functools import cache
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def device() -> torch.device:
    """A GPU where there is one, else the CPU; sets cuDNN to reproducible algorithms."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def keep_memory() -> None:
    """Make the C library (glibc) keep freed memory for reuse, instead of returning it to the system
    and requesting it again at every step of a loop. Does nothing with another C library."""
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
        for option, size in ((M_MMAP_THRESHOLD, 2**28), (M_TRIM_THRESHOLD, 2**30)):
            set_option(option, size)


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Intel's processors without matrix tiles have the instruction too, at half of float32's rate
    return tiles() or (bool(torch.cpu._is_avx512_bf16_supported()) and _by_amd())


@cache
def _by_amd() -> bool:
    """Whether the processor is one of AMD's; False where the system does not tell."""
    file = Path("/proc/cpuinfo")
    return file.is_file() and "AuthenticAMD" in file.read_text()


def tiles() -> bool:
    """Whether the processor has matrix tiles (AMX)."""
    return bool(torch.cpu._is_amx_tile_supported())


def arithmetic(precision: str, device: torch.device) -> contextlib.ExitStack:
    """A context with matrix products in bfloat16 if `precision` is bfloat16, or if it is auto and
    the hardware multiplies bfloat16 faster."""
    half = precision == "bfloat16" or (precision == "auto" and bfloat16_pays(device))
    stack = contextlib.ExitStack()
    stack.enter_context(torch.autocast(device.type, torch.bfloat16, enabled=half))
    if (half or device.type == "cuda") and torch.is_grad_enabled():
        # the fused attention's backward in bfloat16 on CPUs is several times the whole step, and
        # on GPUs its bytes differ between runs
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
    return stack
