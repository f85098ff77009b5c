"""Properties and settings of the hardware."""

import contextlib
import ctypes
import os
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as in malloc.h


def device(single: bool = False) -> torch.device:
    """A GPU where there is one, set to reproducible algorithms, else the CPU. One of Apple's has no
    float64: it is taken only for work that is `single`, in float32 alone."""
    if torch.cuda.is_available():
        reproducible()
        return torch.device("cuda")
    return torch.device("mps" if single and torch.backends.mps.is_available() else "cpu")


def reproducible() -> None:
    """Make CUDA compute the same bytes again, and float32 in float32: algorithms that do not depend
    on the order of threads, a fixed workspace of cuBLAS, no TF32. Raises RuntimeError, later, in an
    operation that has no such algorithm."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS begins
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def sent(value: Tensor, place: torch.device) -> Tensor:
    """A tensor on another device. The host does not wait for a device that it sends to."""
    return value.to(place, non_blocking=place.type != "cpu")


def in_double(value: Tensor) -> Tensor:
    """The values in float64: on the CPU where the device, one of Apple's, has no float64."""
    return (value.cpu() if value.device.type == "mps" else value).double()


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
    if half:
        stack.enter_context(torch.autocast(device.type, torch.bfloat16))
    if torch.is_grad_enabled() and (half or device.type == "cuda"):
        stack.enter_context(sdpa_kernel(attention(device)))
    return stack


def attention(device: torch.device) -> list[SDPBackend]:
    """The kernels of attention that training may use: on CUDA flash attention too, whose backward
    gives the same bytes again if PyTorch is told to be deterministic. On CPUs that of the fused
    kernel in bfloat16 takes several times the whole step."""
    flash = device.type == "cuda" and torch.are_deterministic_algorithms_enabled()
    return [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH] if flash else [SDPBackend.MATH]
