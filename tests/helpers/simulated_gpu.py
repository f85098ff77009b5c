"""A simulated GPU: its tensors name another device and hold their values on the CPU.

Every operation computes, so that values, masks and branches are real. What CUDA would refuse, an
operation on tensors of both devices, is refused with the line of the project that asked for it, and
what makes the host wait for the device is counted. It cannot show nondeterministic kernels, TF32,
autocast or NCCL.
"""

import sys
from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "simulated"
_setup_privateuseone_for_python_backend(NAME)
torch.__future__.set_overwrite_module_params_on_conversion(True)

COPIES = {"copy_", "_to_copy", "_foreach_copy_"}
INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
WAITS = {  # operations whose result the host needs before it goes on
    *("_local_scalar_dense", "nonzero", "masked_select", "equal", "bincount", "multinomial"),
    *("_unique2", "unique_dim", "unique_consecutive", "repeat_interleave", "_linalg_check_errors"),
}
ACTIVE: list["SimulatedGpu"] = []


class Remote(torch.Tensor):
    """A tensor of the simulated device; `held` has its values."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "Remote":
        found = torch.Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            dtype=held.dtype,
            device=f"{NAME}:0",
            strides=held.stride(),
            storage_offset=held.storage_offset(),
        )
        found.held = held
        return found

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return ACTIVE[-1].compute(func, args, kwargs or {})

    def __repr__(self, **_: Any) -> str:
        return f"Remote({self.held!r})"


def remote(value: Any) -> bool:
    return isinstance(value, Remote)


def local(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and not remote(value)


def line(depth: int = 2) -> str:
    """The innermost lines of the project that the present operation comes from."""
    frame, found = sys._getframe(2), []
    while frame and len(found) < depth:
        name = frame.f_code.co_filename
        if "/scorefield/" in name and "site-packages" not in name:
            found.append(f"{name.rpartition('/scorefield/')[2]}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(found) or "outside of the project"


class SimulatedGpu(TorchDispatchMode):
    """Computes on the simulated device while it is active. `waits` counts, by line, what makes the
    host wait; `launches` is the number of operations on the device. Without `double` the device
    refuses float64, as Apple's does."""

    def __init__(self, double: bool = True) -> None:
        super().__init__()
        self.double, self.waits, self.launches = double, Counter[str](), 0

    def __enter__(self) -> "SimulatedGpu":
        ACTIVE.append(self)
        self.lifted = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        ACTIVE.pop()
        torch._C._set_only_lift_cpu_tensors(self.lifted)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.compute(func, args, kwargs or {})

    def compute(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The operation on the values, and its results on the device where they belong."""
        name, asked = func._schema.name.rpartition("::")[2], kwargs.get("device")
        here = any(map(remote, tree_leaves((args, kwargs))))
        there = here if asked is None else torch.device(asked).type == NAME
        if name == "copy_":
            there = remote(args[0])
        if name in COPIES:
            self.count_copy(name, args, kwargs, there)
        elif here:
            self.check(func, name, args, kwargs)
        if asked is not None:
            kwargs = kwargs | {"device": torch.device("cpu")}
        outer = {id(each.held): each for each in tree_leaves((args, kwargs)) if remote(each)}
        args, kwargs = tree_map(lambda v: v.held if remote(v) else v, (args, kwargs))
        out = func(*args, **kwargs)
        if name == "_to_copy" and out is args[0]:
            out = out.clone()
        self.launches += there and torch.Tag.view_copy not in func.tags and not func.is_view
        return tree_map(lambda v: self.placed(v, outer), out) if there else out

    def placed(self, value: Any, outer: dict[int, Remote]) -> Any:
        """A result as a tensor of the device; one that an operation changed in place stays."""
        if not local(value):
            return value
        if value.dtype == torch.float64 and not self.double:
            raise TypeError(f"{line()}: the device has no float64")
        return outer[id(value)] if id(value) in outer else Remote(value)

    def count_copy(self, name: str, args: Any, kwargs: Any, there: bool) -> None:
        """Count a copy between the devices. One to the device need not be waited for."""
        sources = args[1] if name != "_to_copy" else args[0]
        crossing = [each for each in tree_leaves(sources) if remote(each) != there]
        free = there and (kwargs.get("non_blocking") or (len(args) > 2 and args[2]))
        if crossing and not free:
            self.waits[f"{'to' if there else 'from'} the device, {line()}"] += 1

    def check(self, func: Any, name: str, args: Any, kwargs: Any) -> None:
        """Refuse tensors of both devices, as CUDA does: of the CPU it takes one number in an
        elementwise operation, and indices, which it copies."""
        others = [each for each in tree_leaves((args, kwargs)) if local(each)]
        if name in INDEXED and remote(args[0]):
            places = [each for each in args[1] if each is not None]
            others = [each for each in tree_leaves(args[2:]) if local(each)]
            filled = "put" in name and args[2].numel() == 1
            masks = [each for each in places if each.dtype in (torch.bool, torch.uint8)]
            if any(map(local, places)) or (masks and not filled):
                self.waits[f"indices, {line()}"] += 1
        elementwise = torch.Tag.pointwise in func.tags or "foreach" in name or name in INDEXED
        wrong = [tuple(each.shape) for each in others if each.ndim > 0 or not elementwise]
        if wrong:
            raise RuntimeError(f"{line()}: {name} on the device with tensors of the CPU {wrong}")
        if name in WAITS:
            self.waits[f"{name}, {line()}"] += 1
