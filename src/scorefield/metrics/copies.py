"""Copies of real images, also where they were moved, turned, scaled, sheared or blended.

Distances are tangent distances (Simard et al. 1993, "Efficient pattern recognition using a new
transformation distance"): what is left of x - y when x may be shifted by whole pixels and then
changed by any small affine map.
"""

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from scorefield.metrics.memorisation import CHUNK, near_one, nearest
from scorefield.pipeline.ranks import by_rows

# With these, 0.4 % of 1,400 real digits that were held out are copies, and at most 0.15 % of the
# samples of each of six honest runs; of shifted, turned and blended copies 63 to 100 % are found.
MOVED, BLENDED = 0.5, 0.6  # ratios of distances below which an image is a copy, or a blend of two
CANDIDATES = 4  # nearest real images: in pixels, in features, and in coarse pixels after shifts
COARSE = 4  # pixels a side of a coarse one
SIDE = 16  # pixels: of smaller images any is nearly an affine map of any other
SHIFT = 2  # pixels, each way
RIDGE = 1e-3  # of the mean square of the tangents: keeps them from fitting noise
ROWS = 250  # samples of one block


@dataclass(frozen=True, eq=False)
class Seen:
    """Images (N, C, H, W) as bytes, and their features (N, F)."""

    images: Tensor
    features: Tensor

    @property
    def pixels(self) -> Tensor:
        """The images as rows."""
        return self.images.flatten(1)


def image_copies(fake: Seen, *real: Seen) -> Tensor:
    """Whether images copy a real one, bools (M,): they are near it by `memorisation.near_one` in
    pixels or features, or nearer by `copy_ratios` than MOVED or BLENDED."""
    every = torch.cat([part.images for part in real])

    def found(rows: Tensor) -> Tensor:
        pixels = nearest(fake.pixels[rows], *(part.pixels for part in real), k=CANDIDATES)
        features = nearest(fake.features[rows], *(part.features for part in real), k=CANDIDATES)
        plain = near_one(pixels[0]) | near_one(features[0])
        if min(every.shape[2:]) < SIDE:
            return plain
        coarse = coarse_neighbours(fake.images[rows], every)
        places = torch.cat([pixels[1], features[1], coarse], 1)
        moved, blended = copy_ratios(fake.images[rows], every[places], repeated(places))
        return plain | (moved <= MOVED) | (blended <= BLENDED)

    return by_rows(found, torch.arange(len(fake.images)), CHUNK)


def coarse_neighbours(images: Tensor, real: Tensor) -> Tensor:
    """Which of real images (N, C, H, W) are nearest to images (M, C, H, W) that are shifted by
    SHIFT or not, in coarse pixels: (M, CANDIDATES)."""
    known, near, places = coarse(real), [], []
    for move in product((-SHIFT, 0, SHIFT), repeat=2):
        found = nearest(coarse(torch.roll(images, move, (2, 3))), known, k=CANDIDATES)
        near.append(found[0])
        places.append(found[1])
    chosen = torch.cat(near, 1).topk(CANDIDATES, 1, largest=False).indices
    return torch.cat(places, 1).gather(1, chosen)


def coarse(images: Tensor) -> Tensor:
    """The means of squares of pixels, as rows."""
    return avg_pool2d(images.float(), COARSE).flatten(1)


def repeated(places: Tensor) -> Tensor:
    """Which numbers of each row (M, K) stand further left in it too, bools (M, K)."""
    ordered = places.sort(dim=1, stable=True)
    again = ordered.values[:, 1:] == ordered.values[:, :-1]
    return torch.zeros_like(places, dtype=torch.bool).scatter(1, ordered.indices[:, 1:], again)


def copy_ratios(fake: Tensor, near: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """How much nearer images (M, C, H, W) are to one real image than to all others, and to one
    segment between two than to all others, as ratios of distances: two of (M,), 0 for a copy.

    `near` are the candidates of each image, (M, K, C, H, W), and `same` says which of them are
    repeated (M, K). All are bytes.
    """
    parts = zip(fake.split(ROWS), near.split(ROWS), same.split(ROWS), strict=True)
    points, pairs = zip(*(block(x, y, again) for x, y, again in parts), strict=True)
    return torch.cat(points), torch.cat(pairs)


def block(x: Tensor, y: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """`copy_ratios` of some images."""
    x, y = smooth(x), cropped(smooth(y.flatten(0, 1)), 0, 0).unflatten(0, y.shape[:2]).flatten(2)
    moves = tangents(x)
    apart = torch.cdist(y, y, compute_mode="donot_use_mm_for_euclid_dist").square()
    points = torch.full(y.shape[:2], torch.inf)
    pairs = torch.full(apart.shape, torch.inf)
    for down, right in product(range(-SHIFT, SHIFT + 1), repeat=2):
        shifted = cropped(x, down, right).flatten(1)
        moved = cropped(moves.flatten(0, 1), down, right).unflatten(0, moves.shape[:2]).flatten(2)
        own, others = projected(moved, shifted, y)
        left = (shifted[:, None] - y).square().sum(2) - (own[:, None] - others).square().sum(2)
        between = apart - torch.cdist(others, others).square()
        points = points.minimum(left)
        pairs = pairs.minimum(segments(left, between.clamp_min(1e-6)))
    points = points.masked_fill(same, torch.inf)
    pairs = pairs.masked_fill((same[:, :, None] | same[:, None]), torch.inf)
    above = torch.ones(pairs.shape[1:], dtype=torch.bool).triu(1)
    return ratio(points), ratio(pairs[:, above])


def smooth(images: Tensor) -> Tensor:
    """Bytes as floats, blurred a little, so that differences of neighbours are derivatives."""
    line = torch.tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line).view(1, 1, 3, 3)
    flat = images.float().flatten(0, 1)[:, None]
    return conv2d(pad(flat, (1, 1, 1, 1), mode="replicate"), kernel).view(images.shape)


def tangents(images: Tensor) -> Tensor:
    """The derivatives of images (M, C, H, W) by the six numbers of an affine map,
    (M, 6, C, H, W)."""
    rows = torch.gradient(images, dim=2)[0]
    columns = torch.gradient(images, dim=3)[0]
    height, width = images.shape[2:]
    v = torch.linspace(-1, 1, height)[:, None]
    u = torch.linspace(-1, 1, width)
    return torch.stack([rows, v * rows, u * rows, columns, v * columns, u * columns], 1)


def cropped(images: Tensor, down: int, right: int) -> Tensor:
    """Images without a border, moved by so many pixels: all that stays inside for every shift."""
    height, width = images.shape[2:]
    rows = slice(SHIFT + down, height - SHIFT + down)
    return images[:, :, rows, SHIFT + right : width - SHIFT + right]


def projected(moves: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The coordinates of x (M, D) and y (M, K, D) along the tangents (M, 6, D), orthonormal."""
    square = moves @ moves.mT
    scale = square.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-6)
    square += RIDGE * scale[:, None, None] * torch.eye(6)
    both = moves @ torch.cat([x[:, None], y], 1).mT
    found = torch.linalg.solve_triangular(torch.linalg.cholesky(square), both, upper=False).mT
    return found[:, 0], found[:, 1:]


def segments(left: Tensor, between: Tensor) -> Tensor:
    """Squared distances to all segments, (M, K, K), from those to their ends (M, K) and those
    between ends (M, K, K)."""
    first, second = left[:, :, None], left[:, None]
    weight = ((first - second + between) / (2 * between)).clamp(0, 1)
    return (1 - weight) * first + weight * second - weight * (1 - weight) * between


def ratio(squares: Tensor) -> Tensor:
    """The smallest distance by the second smallest, from squares (M, N)."""
    two = squares.clamp_min(0).topk(2, 1, largest=False).values
    return ((two[:, 0] + 1e-9) / (two[:, 1] + 1e-9)).sqrt()
