"""The matching study as a table, figures and pictures."""

from typing import Any

from scorefield.core.results import GuidedSamples, MatchedSamples
from scorefield.experiments.evaluators import load_evaluator
from scorefield.experiments.matching_figures import (
    match_figures,
    match_table,
    ratio_figures,
    ratio_table,
)
from scorefield.experiments.matching_pictures import pictures
from scorefield.pipeline import params
from scorefield.pipeline.files import load_dataset, save_json, save_table
from scorefield.pipeline.records import load_records


def guides(name: str) -> dict[str, GuidedSamples]:
    """What the guides of a study gave, by their entry's name without that of the study."""
    found = {}
    for entry, spec in (params.load().get("matching_guides") or {}).items():
        if spec["study"] == name:
            (record,) = load_records(f"samples/{name}-matching/{entry}.safetensors", GuidedSamples)
            found[entry.removeprefix(f"{name}-")] = record
    return found


def matching_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `matching` and of its guides."""
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["evaluator"])
    cells = load_records(f"samples/{name}-matching/pair.safetensors", MatchedSamples)
    found = guides(name)
    cells += [cell for guide, record in found.items() for cell in record.matched(guide)]
    table = match_table(cells, data, evaluator)
    ratios = {key: each.ratio for key, each in found.items() if each.ratio}
    errors = ratio_table(ratios)
    save_table(f"metrics/matching/{name}.csv", table)
    save_json(f"metrics/matching/{name}.json", match_figures(table) | ratio_figures(errors, ratios))
    pictures(name, cells, table, errors, data, evaluator)
