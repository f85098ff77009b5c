"""Copies of training images are found."""

import pytest
import torch

from scorefield.metrics.memorisation import copied, memorisation


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_copies_are_found_and_new_draws_are_none(generator):
    real, new = (torch.randn(900, 30, generator=generator) for _ in range(2))
    nudged = real[:300] + 0.02 * torch.randn(300, 30, generator=generator)
    assert copied(nudged, real).all() and not copied(new, real).any()
    found = memorisation({"pixels": torch.cat([nudged, new[:300]])}, {"pixels": real})
    assert found == {"copies": 0.5, "distinct": 600}


def test_a_copy_is_nearer_than_a_third_of_the_way_to_the_second_neighbour():
    real = torch.tensor([[0.0], [4.0]])
    assert copied(torch.tensor([[0.99], [1.01], [3.2]]), real).tolist() == [True, False, True]


def test_copies_in_any_view_count():
    views = {"pixels": torch.tensor([[1.0]]), "features": torch.tensor([[2.0]])}
    real = {"pixels": torch.tensor([[1.0], [9.0]]), "features": torch.tensor([[0.0], [4.0]])}
    assert memorisation(views, real)["copies"] == 1
