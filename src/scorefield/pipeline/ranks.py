"""Several processes at one stage, as torchrun starts them: which one this is, and what they share.

Without torchrun there is one rank, and nothing here does anything. Each rank computes its share;
rank 0 alone writes results.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

from scorefield.core.errors import InputError
from scorefield.core.network import Network

PATIENCE = timedelta(days=7)  # with slow ranks: gloo, or torchrun, notices one that has died


def rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """How many ranks there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


@contextmanager
def joined() -> Iterator[None]:
    """One group of the processes that torchrun started, while a stage runs."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield
        return
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=PATIENCE)
    yield
    distributed.destroy_process_group()


def total(value: Tensor) -> Tensor:
    """The sum over ranks, in place. Raises InputError where another rank has died."""
    try:
        distributed.all_reduce(value)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise InputError(
            f"rank {rank()} lost another one of {world()} ({why}); what was computed is kept, and "
            "the next start goes on from there"
        ) from None
    return value


def meet() -> None:
    """Wait until every rank is here."""
    if world() > 1:
        total(torch.zeros(1))


def by_rows(function: Callable[[Tensor], Tensor], x: Tensor, chunk: int) -> Tensor:
    """A function of rows, (M, ...) to (M, ...) on the CPU, of `chunk` rows at a time; the chunks
    are shared out over ranks, and every rank gets the whole, to the byte of what one computes."""
    parts = x.split(chunk)
    done = [function(part) for part in parts[rank() :: world()]]
    if world() == 1:
        return torch.cat(done)
    like = done[0] if done else function(x[:1])
    whole = torch.zeros(len(x), *like.shape[1:], dtype=like.dtype)
    for place, part in zip(whole.split(chunk)[rank() :: world()], done, strict=True):
        place.copy_(part)
    return total(whole.byte()).bool() if like.dtype == torch.bool else total(whole)


@contextmanager
def spread(net: nn.Module) -> Iterator[None]:
    """Each rank computes its part of the rows of the network, forward and backward, and
    sees those of all; `average` of the gradients is then the gradient of the whole batch.

    The loss stays in one piece on every rank, so that any objective works, its noise is that of a
    single process, and losses over pairs of rows see them all. A network whose rows are not
    independent names its parts that are as `rowwise`. Batches smaller than the ranks are computed
    by all.
    """
    with ExitStack() as hooks:
        for part in row_parts(net) if world() > 1 else ():
            shared = _Shared()
            hooks.enter_context(part.register_forward_pre_hook(shared.take))
            hooks.enter_context(part.register_forward_hook(shared.give))
        yield


def row_parts(net: nn.Module) -> tuple[nn.Module, ...]:
    """The parts of a network whose rows are independent."""
    return net.rowwise() if isinstance(net, Network) else (net,)


def average(model: nn.Module) -> None:
    """The mean of the gradients over ranks, in place."""
    if world() > 1:
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = total(torch.cat([gradient.flatten() for gradient in gradients])) / world()
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def _mine(rows: int) -> slice:
    return slice(rows * rank() // world(), rows * (rank() + 1) // world())


@dataclass
class _Shared:
    """Of one call of a network: how many rows the whole batch has."""

    rows: int = 0

    def take(self, module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """This rank's rows of what the network is given."""
        self.rows = len(given[0])
        return given if self.rows < world() else tuple(map(self.mine, given))

    def mine(self, value: Any) -> Any:
        of_rows = isinstance(value, Tensor) and value.ndim > 0 and len(value) == self.rows
        return value[_mine(self.rows)] if of_rows else value

    def give(self, module: nn.Module, given: tuple[Any, ...], part: Tensor) -> Tensor:
        """The rows of all ranks."""
        if self.rows < world():
            return part
        whole: Tensor = _Whole.apply(part, self.rows)
        return whole


class _Whole(torch.autograd.Function):
    """All rows from every rank's own; the gradient is scaled so that its mean over ranks is that
    of a single process."""

    @staticmethod
    def forward(part: Tensor, rows: int) -> Tensor:
        whole = part.new_zeros(rows, *part.shape[1:])
        whole[_mine(rows)] = part
        return total(whole)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: Tensor) -> None:
        ctx.rows = inputs[1]

    @staticmethod
    def jvp(ctx: Any, part: Tensor, rows: None) -> Tensor:
        return _Whole.forward(part, ctx.rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return world() * gradient[_mine(ctx.rows)], None
