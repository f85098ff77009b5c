"""Copies are found under small shifts, affine maps and blends, and other images are none."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import affine_grid, conv2d, grid_sample

from scorefield.metrics.copies import Seen, image_copies, repeated, segments, tangents


def strokes(n: int, seed: int) -> torch.Tensor:
    """Bytes (n, 1, 28, 28): two smooth curves each, in the inner 20 x 20 pixels."""
    generator = torch.Generator().manual_seed(seed)
    return curves(n, generator).maximum(curves(n, generator))


def curves(n: int, generator: torch.Generator) -> torch.Tensor:
    """One curve each."""
    knots = torch.rand(n, 4, 2, generator=generator) * 16 + 6
    s = torch.linspace(0, 1, 40)[:, None]
    weight = torch.cat([(1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s), s**3], 1)
    ink = torch.einsum("sk,nkc->nsc", weight, knots)
    grid = torch.stack(
        torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij"), -1
    ).float()
    far = (grid[None, :, :, None] - ink[:, None, None]).square().sum(-1).amin(-1)
    return (255 * torch.exp(-far / 2)).round().to(torch.uint8)[:, None]


REAL = strokes(600, 0)


def seen(images: torch.Tensor) -> Seen:
    """With blurred pixels as features."""
    kernel = torch.ones(1, 1, 7, 7) / 49
    return Seen(images, conv2d(images.float(), kernel, padding=3).flatten(1))


def share(images: torch.Tensor) -> float:
    return image_copies(seen(images), seen(REAL[:300]), seen(REAL[300:])).double().mean().item()


def warped(images: torch.Tensor, degrees: float, scale: float, across: float) -> torch.Tensor:
    angle = torch.tensor(degrees).deg2rad()
    rows = [
        [angle.cos() * scale, -angle.sin(), across / 14],
        [angle.sin(), angle.cos() * scale, 0.0],
    ]
    grid = affine_grid(
        torch.tensor([rows]).expand(len(images), 2, 3), list(images.shape), align_corners=False
    )
    return grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)


def test_new_images_are_no_copies():
    assert share(strokes(300, 1)) <= 0.01


def test_copies_are_found_when_they_were_moved_or_changed_by_an_affine_map():
    """Far more than the one percent at which a run is flagged."""
    some = REAL[:60]
    assert share(some) == 1
    assert share(torch.roll(some, (1, -1), (2, 3))) > 0.5
    assert share(torch.roll(some, (2, 2), (2, 3))) > 0.5
    assert share(warped(some, 4.0, 1.0, 0.0)) > 0.5
    assert share(warped(some, 0.0, 1.04, 0.6)) > 0.5


def test_blends_of_neighbours_are_found():
    flat = REAL.flatten(1).float()
    other = torch.cdist(flat, flat).fill_diagonal_(torch.inf).argmin(1)
    for weight in (0.5, 0.7):
        blend = weight * REAL[:60].float() + (1 - weight) * REAL[other[:60]].float()
        assert share(blend.round().to(torch.uint8)) > 0.9


def test_images_too_small_for_affine_maps_are_compared_as_they_are():
    real, new = (torch.randint(0, 256, (50, 1, 4, 4), dtype=torch.uint8) for _ in range(2))
    plain = lambda images: Seen(images, images.flatten(1).float())
    assert image_copies(plain(real[:9]), plain(real)).all()
    assert not image_copies(plain(new), plain(real)).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_distance_to_a_segment_is_the_least_over_its_points(seed):
    generator = torch.Generator().manual_seed(seed)
    x, ends = torch.randn(3, generator=generator), torch.randn(4, 3, generator=generator)
    left, between = (x - ends).square().sum(1), torch.cdist(ends, ends).square().clamp_min(1e-6)
    found = segments(left[None], between[None])[0]
    w = torch.linspace(0, 1, 2001)[:, None]
    for i in range(4):
        for j in range(4):
            if i != j:
                expected = (x - (1 - w) * ends[i] - w * ends[j]).square().sum(1).min()
                torch.testing.assert_close(found[i, j], expected, atol=1e-5, rtol=1e-4)


def test_tangents_are_the_derivatives_by_the_numbers_of_an_affine_map():
    """Of an image that is linear in each coordinate they are exact."""
    v, u = torch.linspace(-1, 1, 20)[:, None], torch.linspace(-1, 1, 20)
    image = (3 * v + 5 * u).expand(1, 1, 20, 20)
    a, b = 3 * 2 / 19, 5 * 2 / 19  # by pixel
    one = torch.ones(20, 20)
    expected = [a * one, a * v * one, a * u * one, b * one, b * v * one, b * u * one]
    torch.testing.assert_close(tangents(image)[0, :, 0], torch.stack(expected))


def test_what_stands_further_left_is_repeated():
    assert repeated(torch.tensor([[4, 2, 4, 4, 2, 7]])).tolist() == [
        [False, False, True, True, True, False]
    ]
