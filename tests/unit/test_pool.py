"""Means over windows by indexing alone, for devices other than the CPU."""

import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d

from scorefield.nets._pool import window_means


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("size", [(7, 7), (8, 8), (2, 2), (5, 9), (1, 3), (4, 6)], ids=str)
def test_window_means_and_their_gradient_are_those_of_adaptive_pooling(size, order):
    """To an ulp or two, in float32: PyTorch adds in another order where channels are last."""
    x = torch.randn(3, 8, *size).contiguous(memory_format=order).requires_grad_()
    y = x.detach().clone().requires_grad_()
    ours, theirs = window_means(x, 4), adaptive_avg_pool2d(y, 4)
    weight = torch.randn_like(ours)
    ours.backward(weight)
    theirs.backward(weight)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=3e-7)
    torch.testing.assert_close(x.grad, y.grad, rtol=0, atol=5e-7)
