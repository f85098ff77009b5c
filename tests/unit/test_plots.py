"""Figures: one colour a method, files with equal bytes in every run, and labels of their own."""

import re
from io import BytesIO

import pytest
import torch
from PIL import Image

from scorefield.core.registry import methods
from scorefield.experiments.matching_figures import PAIR
from scorefield.pipeline.variants import FIXED
from scorefield.plots.canvas import keep, subplots
from scorefield.plots.names import STYLES, styled, words

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
