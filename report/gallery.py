"""The pictures of all runs: samples, trajectories, and series that a reader scrubs through."""

import io
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from report.boards import alone, scored
from scorefield.core.errors import InputError
from scorefield.pipeline import params
from scorefield.pipeline.facts import data_facts
from scorefield.pipeline.files import load_json

WIDEST, QUALITY = 1000, 78  # pixels; of WebP
WIDE = 2.1  # times as wide as high: a picture that takes both columns
FRAME = 2  # pixels of the frame of a tile of a filmstrip: 1 on each side
UNGUIDED = ("plain", "mean")
LEVELS = {  # studies with a picture for each noise level: names before the level, what they show
    "instability": {
        "pixels": "Posterior variance of each pixel",
        "unstable": "The least and the most unstable images",
    },
    "paths": {"strips": "Paths between images"},
}


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, with its size in pixels."""

    source: str
    width: int
    height: int

    @property
    def wide(self) -> bool:
        """Whether it is shown over both columns."""
        return self.width > WIDE * self.height


@dataclass(frozen=True)
class Shown:
    """A run in the gallery: how it draws, its figures by name, its pictures, the run like it
    without guidance, and if its trajectory is of images their film: all frames as pixels, one
    column for each of `steps`."""

    name: str
    data: str
    model: str
    guidance: str
    sampler: str
    figures: dict[str, str]
    samples: Picture
    trajectory: Picture
    unguided: str | None
    film: Picture | None
    steps: list[int]


@dataclass(frozen=True)
class Series:
    """Pictures of one thing at several noise levels."""

    title: str
    levels: list[str]
    pictures: list[Picture]


def embedded(path: str) -> Picture:
    """An image file as a data URI, at most as wide as a screen needs."""
    with Image.open(path) as image:
        shown = image.convert("RGB")
    shown.thumbnail((WIDEST, 3 * WIDEST))
    return picture(shown)


def picture(image: Image.Image) -> Picture:
    """An image as a data URI."""
    content = io.BytesIO()
    image.save(content, "webp", quality=QUALITY, method=4)
    return Picture(f"data:image/webp;base64,{b64encode(content.getvalue()).decode()}", *image.size)


def pixels(path: str) -> Image.Image:
    """The image that a figure shows, without titles and in its own pixels, from the SVG file.
    Raises InputError for a figure without one image."""
    found = re.findall(r"data:image/png;base64,([\w+/=\s]+)", Path(path).read_text())
    if len(found) != 1:
        raise InputError(f"{path}: expected one image, found {len(found)}")
    return Image.open(io.BytesIO(b64decode(found[0]))).convert("RGB")


def unguided(name: str) -> str | None:
    """The run like a guided one but for its guidance, if there is one."""
    runs = params.runs()
    if runs[name]["guidance"] in UNGUIDED:
        return None

    def method(spec: dict[str, Any]) -> tuple[str, ...]:
        return spec["data"], spec["model"], spec["sampler"]

    like = (
        other
        for other, spec in runs.items()
        if spec["guidance"] in UNGUIDED and method(spec) == method(runs[name])
    )
    return next(like, None)


def shown(name: str, spec: dict[str, Any]) -> Shown:
    """A run in the gallery."""
    measured = load_json(f"metrics/runs/{name}.json")
    found = {key: value for key, value in measured.items() if not isinstance(value, str)}
    film, steps = None, list[int]()
    facts = data_facts(params.load(), spec["data"])
    if facts.kind == "images" and facts.shape:
        film = picture(pixels(f"plots/trajectories/{name}.svg"))
        frames = film.width // (facts.shape[-1] + FRAME)
        steps = [round(i * found["steps"] / max(1, frames - 1)) for i in range(frames)]
    return Shown(
        name=name,
        data=spec["data"],
        model=spec["model"],
        guidance=spec["guidance"],
        sampler=spec["sampler"],
        figures={key: scored(found, key) for key in alone(found)},
        samples=embedded(f"plots/runs/{name}.png"),
        trajectory=embedded(f"plots/trajectories/{name}.png"),
        unguided=unguided(name),
        film=film,
        steps=steps,
    )


def gallery() -> list[Shown]:
    """All runs, in the order of params.yaml."""
    return [shown(name, spec) for name, spec in params.runs().items()]


def series() -> list[Series]:
    """The pictures by noise level of all studies that have them."""
    found = []
    for study, kinds in LEVELS.items():
        for name, spec in (params.load().get(study) or {}).items():
            levels = [f"{level:g}" for level in spec["levels"]]
            for kind, words in kinds.items():
                paths = [f"plots/{study}/{name}/{kind}-{level}.png" for level in levels]
                if all(Path(path).exists() for path in paths):
                    pictures = [embedded(path) for path in paths]
                    found.append(Series(f"{words}: {study}@{name}", levels, pictures))
    return found
