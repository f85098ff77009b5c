"""The Inception network, whose weights are read from a file."""

import pytest
import torch

from scorefield.core.errors import InputError
from scorefield.core.model import Model
from scorefield.core.schedule import cosine
from scorefield.metrics.evaluators import evaluator_of
from scorefield.nets.inception import Architecture, Inception


@pytest.fixture(scope="module")
def random_inception(tmp_path_factory):
    """Inception's architecture with random weights: for the path, never for a number."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(Architecture().state_dict(), path)
    return path


def test_inception_evaluates_rgb_images_by_weights_from_a_file(random_inception):
    net = Inception(str(random_inception))
    net.begin({})
    evaluator = evaluator_of(Model(net.requires_grad_(False), cosine(), "x0", [3, 32, 32]))
    x = torch.rand(12, 3, 32, 32) * 2 - 1
    same, other = evaluator.distance(x, x)["fid"], evaluator.distance(-0.9 + 0 * x, x)["fid"]
    assert abs(same) < 1e-3 * other


def test_missing_inception_weights_are_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="not available") as caught:
        Inception(str(tmp_path / "none.pth")).begin({})
    assert "\n" not in str(caught.value)
