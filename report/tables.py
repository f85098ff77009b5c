"""The tables of the studies in README.md and docs, from what was measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas

from report.markdown import number, scored, table, with_error
from report.results import figures, rows
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json
from scorefield.pipeline.stage_code import networks

LOSSES = ("disc", "dv", "kliep", "rulsif", "ulsif")


# few steps


def few_steps(name: str, score: str) -> str:
    """A score by the number of steps, as the mean over seeds, with its standard error where that of
    each seed is known; below it the number of samples and the floor."""
    found, measured = pandas.DataFrame(rows(f"few_steps/{name}")), figures(f"few_steps/{name}")
    steps = sorted(found["steps"].unique())

    def cell(key: str) -> str:
        if key not in measured:
            return ""
        mean = number(measured[key])
        if f"{score}_se" not in found:
            return mean
        return f"{mean} ± {number(measured[f'{key}_se'], '.2g')}"

    listed = [
        [model, sampler, *(cell(f"{model}-{sampler}-{each}") for each in steps)]
        for model, sampler in dict.fromkeys(zip(found["model"], found["sampler"], strict=True))
    ]
    text = table(["model", "sampler", *map(str, steps)], listed, text_columns=2)
    n, floor = params.entry("few_steps", name)["n"], number(measured[f"{score}_floor"])
    return f"{text}\n\nn = {n:,} samples; floor: {floor}."


# ratios


def learned_ratios() -> str:
    """Learned ratios of pairs in 2-D against the exact ratio."""
    keys = ("cosine_0.5", "cosine_1", "cosine_2", "cosine", "rms_error", "mutual_information")
    listed = []
    for name in (*LOSSES, "joint"):
        found = figures(f"models/pairs-ratio-{name}")
        listed.append([name, *(f"{found[key]:.3f}" for key in (*keys, "calibration_worst"))])
    cosines = ["cosine at 0.5", "at 1", "at 2", "mean cosine"]
    head = ["loss", *cosines, "RMS error", "mutual information", "worst calibration E[r]"]
    return table(head, listed)


def matching(name: str, keys: Sequence[str]) -> str:
    """Figures by kind of samples and by scale."""
    shown = ("agreement", *keys)
    listed = [
        [r["kind"], f"{r['scale']:g}", *(scored(r, key) for key in shown)]
        for r in rows(f"matching/{name}")
    ]
    words = {"fid": "FID (95 %)", "mmd2": "squared MMD", "residual": "residual variance"}
    head = [words.get(key, key.replace("_", " ")) for key in shown]
    return table(["kind", "scale", *head], listed)


def ratio_losses() -> str:
    """Digits guided by a ratio of each loss, at the scales that all losses have."""
    of_model = ("mutual_information", "calibration_worst", "pair_accuracy")
    entries = (params.entry("matching_guides", f"mnist-{loss}") for loss in LOSSES)
    scales = sorted(set.intersection(*(set(entry["scales"]) for entry in entries)))
    cells = [(scale, key) for key in ("agreement", "coherent") for scale in scales]
    found, listed = figures("matching/mnist"), []
    for loss in LOSSES:
        model = figures(f"models/mnist-ratio-{loss}")
        shown = (with_error(found, f"{loss}_{scale:g}_{key}") for scale, key in cells)
        listed.append([loss, *shown, *(f"{model[key]:.3f}" for key in of_model)])
    head = [f"{key}, scale {scale:g}" for scale, key in cells]
    own = ["mutual information", "worst calibration E[r]", "pair accuracy"]
    return table(["loss", *head, *own], listed)


# shipped models


def zoo_cards() -> list[dict[str, Any]]:
    """What is known of each shipped model, by name."""
    return [load_json(file) for file in sorted(Path("zoo").glob("*/card.json"))]


def zoo() -> str:
    """The shipped models: data, images seen, hours, FID with its interval and coherent share."""
    listed = []
    for card in zoo_cards():
        scores = ["", ""]
        if "fid" in card:
            scores = [scored(card, "fid"), f"{card['coherent']:.1%}"]
        if "accuracy" in card["training"]:
            scores = [f"accuracy {card['training']['accuracy']:.1%}", ""]
        cost = [f"{card['images_seen'] / 1e6:.2g} million", f"{card['hours']:.1f}"]
        name = f"[`{card['name']}`](../zoo/{card['name']}/card.md)"
        listed.append([name, what_it_is(card), *cost, *scores])
    head = ["model", "network, objective, data", "images seen", "hours", "FID (95 %)", "coherent"]
    return table(head, listed, text_columns=2)


def what_it_is(card: dict[str, Any]) -> str:
    """The network of a shipped model or the one it was trained on from, its objective, and what is
    special about its data."""
    entry, digits = card["entry"], card["data"]["mnist"]
    start = Path(entry.get("submitted_model", {}).get("folder", ""))
    net = f"from `{start.name}`" if start.parent.name == "zoo" else first_network(card)
    turned, withheld, rare = (digits.get(key) for key in ("rotate", "withhold", "rare"))
    special = [
        f"turned by {90 * turned} degrees" if turned else "",
        f"no {named(withheld)}" if withheld else "",
        f"{named(rare)} at {digits.get('rare_share', 0.01):.0%}" if rare else "",
    ]
    return ", ".join([net, entry["objective"], *filter(None, special)])


def first_network(card: dict[str, Any]) -> str:
    """The network of a shipped model, also of one that was trained in parts."""
    shipped = {"net": "submitted_model", "submitted_model": {"folder": f"zoo/{card['name']}"}}
    return ", ".join(networks(shipped) - {"submitted_model"})


def zoo_hours() -> str:
    """FID of the scored shipped models at the end of each part of their training, against hours."""
    listed = []
    for card in zoo_cards():
        for part in card.get("parts", [card]) if "fid" in card else []:
            cost = [f"{part['hours']:.1f}", f"{part['images_seen'] / 1e6:.2g} million"]
            scores = [scored(part, "fid"), f"{part['coherent']:.1%}"]
            listed.append([f"`{card['name']}`", *cost, *scores])
    return table(["model", "hours", "images seen", "FID (95 %)", "coherent"], listed)


def named(classes: Sequence[int]) -> str:
    """Classes of digits in words."""
    return ", ".join(f"{digit}s" for digit in classes)
