"""Figures: one colour a method, files with equal bytes in every run, and labels of their own."""

import re
from io import BytesIO

import numpy as np
import pandas
import pytest
import torch
from PIL import Image, ImageSequence

from scorefield.core.exact import Mixture
from scorefield.core.registry import methods
from scorefield.core.schedule import cosine
from scorefield.experiments.matching_figures import PAIR
from scorefield.metrics.evaluators import LawEvaluator
from scorefield.pipeline.variants import FIXED
from scorefield.plots import film
from scorefield.plots.bars import bars
from scorefield.plots.canvas import keep, numbered, subplots
from scorefield.plots.names import STYLES, styled, words
from scorefield.plots.path_density import path_density
from tests.helpers.laws import three

VARIANTS = ("plain", "ibg", "random", "minus_score", "temperature", "sgms", "mue", "boost", *FIXED)
GUIDES = ("disc", "dv", "kliep", "rulsif", "ulsif", "exact", "exact_law", "instance", "same_t")
TOGETHER = {  # methods that one figure can have
    "samplers": methods("samplers"),
    "variants of guidance": VARIANTS,
    "ratios and pairs": (*GUIDES, *(kind for kind in PAIR if not kind.startswith("unguided"))),
    "objectives": ("ddpm", "dddm", "oracle"),
    "unknown ones": ("ibg", "mine", "another_one"),
}


@pytest.mark.parametrize("names", TOGETHER.values(), ids=TOGETHER)
def test_no_two_methods_of_one_figure_look_alike(names):
    styles = styled(names)
    assert len({style["color"] for style in styles.values()}) == len(names)
    assert len({words(name) for name in names}) == len(names)


def test_a_method_has_one_colour_whatever_is_drawn_beside_it():
    for name in STYLES:
        others = [each for each in STYLES if each != name]
        assert styled([name])[name] == styled([*others, "mine", name])[name]


def drawn(place):
    """A figure with a line, dense points and an image, saved."""
    figure, axes = subplots(1, 2)
    axes[0].scatter(*torch.rand(2, 500, generator=torch.manual_seed(0)).numpy(), rasterized=True)
    axes[1].imshow(torch.rand(5, 5, generator=torch.manual_seed(0)).numpy())
    axes[0].set_title("one\nof two")
    keep(figure, str(place / "a.png"))
    return (place / "a.png").read_bytes(), (place / "a.svg").read_bytes()


def test_a_figure_is_saved_as_png_at_200_dots_an_inch_and_as_svg_with_equal_bytes(tmp_path):
    first, second = (drawn(tmp_path) for _ in range(2))
    assert first == second
    png, svg = first
    width = re.search(rb'width="([\d.]+)pt"', svg)[1]
    assert Image.open(BytesIO(png)).width == pytest.approx(float(width) / 72 * 200, abs=2)
    assert b"<dc:date>" not in svg and b"Matplotlib v" not in svg


def test_an_svg_is_the_same_where_only_the_names_of_its_clipping_paths_differ():
    """And each path of it is still clipped by its own."""
    names = [b"p0123456789", b"pabcdef0123"]
    svg = (
        b'<g clip-path="url(#%b)"/><g clip-path="url(#%b)"/><clipPath id="%b"/><clipPath id="%b"/>'
    )
    first, second = (numbered(svg % (*pair, *pair)) for pair in (names, names[::-1]))
    assert first == second == svg % ((b"clip0", b"clip1") * 2)


def test_a_film_goes_forwards_and_backwards_and_rests_at_its_ends(tmp_path):
    """Frame k has the gray of node k of the path, whatever the number of nodes."""
    ramp = torch.linspace(-1, 1, film.FRAMES).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)
    film.film([ramp, ramp.flip(0)], str(tmp_path / "path.gif"))
    with Image.open(tmp_path / "path.gif") as picture:
        frames = [np.asarray(each.convert("L")) for each in ImageSequence.Iterator(picture)]
        durations = [each.info["duration"] for each in ImageSequence.Iterator(picture)]
    side = film.ZOOM * (4 + 2)
    assert frames[0].shape == (side, 2 * side)
    left, right = (
        np.repeat(
            [frame[side // 2, column] for frame in frames], np.array(durations) // film.MILLISECONDS
        )
        for column in (side // 2, side + side // 2)
    )
    rest = [0] * film.HOLD
    there = [*rest, *range(film.FRAMES)]
    course = [*there, *reversed(there)]
    gray = np.linspace(0, 255, film.FRAMES)
    assert np.abs(left - gray[course]).max() <= 2
    assert np.abs(right - gray[::-1][course]).max() <= 2


def test_a_fid_outside_its_interval_has_a_bar_and_no_error(tmp_path):
    rows = {"run": ["edited"], "data": ["digits"], "n": [100], "rank": [1]}
    images = pandas.DataFrame(rows | {"fid": [1.0], "fid_low": [2.0], "fid_high": [3.0]})
    bars(images, pandas.DataFrame({"data": [], "n": []}), str(tmp_path / "bars.png"))
    assert (tmp_path / "bars.png").exists()


def test_densities_are_pixels_in_an_svg(tmp_path):
    """Their outlines are megabytes."""
    parts = (getattr(three(), key).double() for key in ("weight", "mean", "cov"))
    law = LawEvaluator(Mixture(*parts), cosine())
    path = torch.tensor([[-1.0, 0.0], [0.0, 0.5], [1.0, 0.0]])
    shown = {"a to b": {("line", "goal"): path}}
    path_density(shown, {"a to b": 0.5}, law, str(tmp_path / "density.png"))
    svg = (tmp_path / "density.svg").read_text()
    assert "data:image/png;base64" in svg and len(svg) < 200_000
