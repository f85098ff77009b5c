"""DVC's page of plots: a template and an axis for each measure, and few pictures."""

import json

import pytest
from ruamel.yaml import YAML

from tests.helpers.project import ROOT

DVC = YAML(typ="safe").load(ROOT / "dvc.yaml")


def charts() -> dict[str, dict]:
    return {name: c for plot in DVC["plots"] if isinstance(plot, dict) for name, c in plot.items()}


def pictures() -> list[str]:
    return [plot for plot in DVC["plots"] if isinstance(plot, str)]


def test_every_chart_has_a_template_and_axis_of_its_own_measure():
    labels = {}
    for name, chart in charts().items():
        template = json.loads((ROOT / f".dvc/plots/{chart['template']}.json").read_text())
        assert "color" in json.dumps(template), name
        bars = chart["template"].endswith("bars")
        labels.setdefault(chart["template"], set()).add(chart["x_label" if bars else "y_label"])
    used = {file.stem for file in (ROOT / ".dvc/plots").glob("*.json")}
    assert used == set(labels)
    measures = {"fid": "FID", "mmd2": "squared MMD"}
    for template, found in labels.items():
        for measure, words in measures.items():
            assert all((words in label) == template.startswith(measure) for label in found)


def test_the_page_has_a_dozen_pictures_at_most():
    assert 0 < len(pictures()) <= 12


@pytest.mark.skipif(
    not (ROOT / "metrics/summary.json").exists(), reason="the pipeline has not run yet"
)
def test_every_plot_of_the_page_exists():
    files = [*pictures(), *(file for chart in charts().values() for file in chart["y"])]
    assert [file for file in files if not (ROOT / file).exists()] == []
