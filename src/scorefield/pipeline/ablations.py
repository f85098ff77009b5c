"""The trainings of an ablation: one model with changed settings, each with several seeds."""

from collections.abc import Mapping
from typing import Any

from scorefield.pipeline.catalogue import TABLES

OWN = {*TABLES["ablation"]} - {*TABLES["models"]}  # keys of an ablation that are of no model


def model_of(spec: Mapping[str, Any], variant: str, seed: int = 0) -> dict[str, Any]:
    """One training of an entry of `ablation` as an entry of `models`: that of the ablation, with
    the variant's keys in place of its own. Of a section only the settings that the variant names
    change."""
    found = {key: value for key, value in spec.items() if key not in OWN} | {"seed": seed}
    for key, value in spec["variants"][variant].items():
        before = found.get(key, {})
        merge = isinstance(before, Mapping) and isinstance(value, Mapping)
        found[key] = {**before, **value} if merge else value
    return found
