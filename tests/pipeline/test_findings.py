"""No number stands in the findings of the page and of README.md that is not that of a claim."""

import re

import pytest
from report.claims import Measured
from report.findings import findings
from report.pages import environment

from scorefield.pipeline import params
from tests.helpers.project import ROOT

NUMBER = re.compile(r"(?<![\w.])-?\d(?:[\d,]*\d)?(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
MEASURED = ("effect", "low", "high", "value", "against", "n", "seeds", "needed_n")
TEXTS = ("statement", "source", "metric", "control")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)
    params.load.cache_clear()
    yield
    params.load.cache_clear()


def is_of(said: str, value: float) -> bool:
    """Whether a number as it is written is a value, or its percentage, rounded to its digits."""
    written, last = float(said.replace(",", "")), said.replace(",", "").lower()
    mantissa, _, exponent = last.partition("e")
    places = len(mantissa.partition(".")[2])
    half = 0.5001 * 10.0 ** (int(exponent or 0) - places)
    return any(abs(written - scale * value) <= half for scale in (1, 100))


def unknown(text: str, claims: list[Measured]) -> list[str]:
    """The numbers of a text that are no figure of the claims and stand in no text of theirs."""
    values = [claim[key] for claim in claims for key in MEASURED if claim[key] is not None]
    texts = {number for claim in claims for key in TEXTS for number in NUMBER.findall(claim[key])}
    found = NUMBER.findall(text)
    return [n for n in found if n not in texts and not any(is_of(n, value) for value in values)]


CLAIM = dict.fromkeys((*MEASURED, *TEXTS)) | {"effect": 0.0467, "low": 0.0376, "value": 295.4}
CLAIM |= dict.fromkeys(TEXTS, "") | {"n": 4096, "control": "17 layouts", "high": 1.234e-5}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("0.047 (0.0376 on) of 4,096, FID 295, 17 layouts, 1.2e-05", []),
        ("4.7 % more, and 5 %", []),
        ("4.8 % of 4,097", ["4.8", "4,097"]),
        ("FID 296 and 18 layouts", ["296", "18"]),
        ("1.3e-05", ["1.3e-05"]),
    ],
)
def test_a_number_is_known_by_its_own_digits(text, left):
    assert unknown(text, [CLAIM]) == left


def test_every_number_of_a_finding_is_of_a_claim_that_it_names():
    every = findings()
    assert len(every) >= 10
    for finding in every:
        assert finding.claims, finding.title
        assert unknown(finding.text, [*finding.claims]) == [], finding.title


def test_every_number_of_the_findings_of_the_readme_is_of_a_claim_that_its_template_names():
    template = (ROOT / "report/README.md.jinja").read_text()
    part = re.search(r"^## Three findings\n(.*?)^## ", template, re.S | re.M)[1]
    calls = re.findall(r"{{(.*?)}}", part)
    assert all(re.search(r"\bclaims?[.(]", call) for call in calls)
    known = environment().globals["claim"]
    claims = [known(name) for name in set(re.findall(r'claim\("([^"]+)"\)', part))]
    # the last paragraph counts the claims
    told = environment().from_string(part[: part.index("These numbers are")]).render()
    told = re.sub(r"<img[^>]*>|\]\([^)]*\)|`[^`]*`", "", told)
    assert unknown(told, claims) == []


def test_docs_of_the_claims_have_every_claim():
    known = environment().globals["claims"].claims()
    page = (ROOT / "docs/claims.md").read_text()
    assert all(claim["statement"] in page for claim in known)
