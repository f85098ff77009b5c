"""Datasets by kind: points with their law, layouts, images with labels."""

import pytest
import torch

from scorefield.core.datasets import Images, Layouts, Points, dataset_of
from scorefield.core.errors import InputError
from scorefield.core.exact import Mixture
from scorefield.data._points import isotropic, points
from scorefield.data.layouts import layouts
from scorefield.data.pairs import pairs
from tests.helpers.images import black_images


def test_the_kind_of_a_dataset_is_read_off_its_tensors():
    law = isotropic(torch.ones(2), torch.tensor([[3.0, 3.0], [-3.0, 3.0]]), 0.5)
    found = dataset_of(points(law, torch.arange(2), 8, 4, 4, 0))
    assert isinstance(found, Points) and found.joint is None and found.test_pair is None
    assert torch.equal(found.law.mean, law.mean) and found.mode.tolist() == [0, 1]
    many = dataset_of(layouts(random=1, rare=0.01, train=8, validation=4, test=4, seed=0))
    assert isinstance(many, Layouts) and many.train.shape == (8, 14, 2)
    with pytest.raises(InputError, match="expected images with labels, or points"):
        dataset_of({"train": torch.zeros(8, 2)})


def test_the_law_of_x_is_the_margin_of_the_joint_law_of_pairs():
    found = dataset_of(pairs(correlation=0.5, swap=False, train=8, validation=4, test=4, seed=0))
    joint = found.joint
    assert isinstance(joint, Mixture) and found.test_pair.shape == found.test.shape
    torch.testing.assert_close(found.law.mean, joint.mean[:, :2])
    torch.testing.assert_close(found.law.cov, joint.cov[:, :2, :2])


def test_the_law_of_a_member_has_its_special_mode_first():
    found = dataset_of(layouts(random=1, rare=0.01, train=8, validation=4, test=4, seed=0))
    for member, regime in enumerate(found.regime.tolist()):
        law, size = found.law(member), int(found.size[member])
        share = {0: 0.0, 1: 0.01, 2: 1 / size}[regime]
        assert law.weight[0].item() == pytest.approx(share, abs=1e-12)
        torch.testing.assert_close(law.mean, found.mean[member])
        variance = law.cov[:size].diagonal(dim1=1, dim2=2)
        torch.testing.assert_close(variance, found.std[member].square().expand_as(variance))


@pytest.mark.parametrize("rare, special", [(0, 1), (4, 1), (5, None), (10, None)])
def test_a_class_is_special_below_half_of_the_largest(rare, special):
    found = dataset_of(black_images(rare))
    assert isinstance(found, Images) and found.classes == 2 and found.special_class == special
