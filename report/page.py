"""The HTML page of findings, playground, leaderboard, gallery, methods and provenance: one file,
which works offline."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from report.boards import board, figure
from report.claims import claims, interval, measured
from report.curves import curves, vega
from report.findings import findings
from report.gallery import embedded, gallery, series
from report.laws import laws
from report.modules import import_map
from report.studies import WHAT, study_findings
from report.studies import cards as study_cards
from scorefield.leaderboard.rules import RULES
from scorefield.metrics.verdicts import VERDICTS
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json, write
from scorefield.pipeline.provenance import cards, provenance

TEMPLATE = "page.html.jinja"
SECTIONS = {
    "findings": "Findings",
    "claims": "Claims",
    "playground": "Playground",
    "images": "Leaderboard",
    "two-d": "2-D",
    "studies": "Long studies",
    "curves": "Curves",
    "gallery": "Gallery",
    "compare": "Compare",
    "scrub": "Step by step",
    "methods": "Methods",
    "commands": "Commands",
    "provenance": "Provenance",
}
COMMANDS = {
    "make demo": "draw, guide and join digits of the shipped models, in about three minutes",
    "make repro": "install, and run whatever of the pipeline is not up to date",
    "dvc repro evaluate@digits-ddim": "one run and what it needs",
    "dvc exp run --allow-missing -S ibg.scale=2.0": "another value; only what uses it runs again",
    "make compare A=HEAD~1": "all figures that changed since a revision",
    "make entry NAME=template": "check your own entry and put it into the pipeline",
    "make mlflow": "all runs in MLflow, on this machine",
    "make plots": "DVC's page of plots",
}


def render(template: str, **content: Any) -> str:
    """A page from its template in this folder; `content` is what the template names."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["figure"] = figure
    environment.filters["effect"] = interval
    environment.filters["measured"] = measured
    return environment.get_template(template).render(**content)


def verdicts(found: list[dict[str, Any]]) -> dict[str, int]:
    """The number of claims of each verdict."""
    counted = Counter(claim["verdict"] for claim in found)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def runs_only(shown: dict[str, Any]) -> dict[str, Any]:
    """A run of the gallery without its pictures, for the comparison."""
    return {key: shown[key] for key in ("data", "model", "guidance", "sampler", "figures")}


def write_page(path: str) -> None:
    """Write the page, from what the pipeline measured. Raises InputError where a result is
    missing."""
    shown, found = gallery(), claims()
    page = render(
        TEMPLATE,
        sections=[*SECTIONS.items()],
        commands=[*COMMANDS.items()],
        findings=[(finding, embedded(finding.picture)) for finding in findings()],
        studies=study_cards(),
        what=WHAT,
        study_findings=[(each, embedded(each.picture)) for each in study_findings()],
        rules=RULES,
        images=board("metrics/leaderboard.csv"),
        points=board("metrics/leaderboard-2d.csv"),
        claims=found,
        verdicts=verdicts(found),
        cards=cards(params.load()),
        provenance=provenance(),
        params=Path("params.yaml").read_text(),
        figures={name: load_json(f"metrics/runs/{name}.json") for name in params.runs()},
        gallery=shown,
        names=[*params.runs()],
        runs={run.name: runs_only(asdict(run)) for run in shown},
        series=series(),
        curves=curves(),
        vega=vega(),
        laws=laws(),
        modules=import_map(),
    )
    write(path, page.encode())
