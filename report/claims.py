"""The claims and their verdicts, as tables."""

from collections import Counter
from typing import Any

from report.markdown import number, scored, table
from scorefield.core.errors import InputError
from scorefield.core.registry import near
from scorefield.metrics.verdicts import VERDICTS
from scorefield.pipeline.files import load_json

Measured = dict[str, Any]


def claims() -> list[Measured]:
    """What the stage `claims` found, in the order of claims.yaml."""
    found: list[Measured] = load_json("metrics/claims.json")
    return found


def claim(name: str) -> Measured:
    """The claim of that id. Raises InputError for none."""
    found = {each["id"]: each for each in claims()}
    if name not in found:
        raise InputError(f"metrics/claims.json: no claim '{name}'; {near(name, [*found])}")
    return found[name]


def of_study(study: str) -> list[Measured]:
    """The claims that a study tests."""
    return [each for each in claims() if each["study"] == study]


def measured(known: Measured) -> str:
    """The effect of a claim with its 95 % interval, and n."""
    said = f"{known['metric']} {interval(known)}, n = {known['n']:,}"
    if known["against"] is not None:
        ours, others = (number(known[key]) for key in ("value", "against"))
        said = f"{known['metric']} {ours} against {others}, difference "
        said += f"{interval(known)}, n = {known['n']:,}"
    return said


def sentence(known: Measured) -> str:
    """A claim, its verdict, its effect with the 95 % interval, and n."""
    return f"{known['statement'].removesuffix('.')}: {known['verdict']}, {measured(known)}."


def families() -> list[str]:
    """The families of claims, in order."""
    return list(dict.fromkeys(claim["family"] for claim in claims()))


def counted() -> str:
    """The number of claims of each verdict, by family."""
    listed = []
    for family in families():
        found = Counter(claim["verdict"] for claim in claims() if claim["family"] == family)
        listed.append([family, *(str(found[verdict]) for verdict in VERDICTS)])
    found = Counter(claim["verdict"] for claim in claims())
    listed.append(["all", *(str(found[verdict]) for verdict in VERDICTS)])
    return table(["claims about", *VERDICTS], listed)


def total() -> str:
    """The number of claims of each verdict, in words."""
    found = Counter(claim["verdict"] for claim in claims())
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS)


def of_family(family: str) -> str:
    """The claims of a family: what is claimed, the effect with its interval, n and the verdict."""
    listed = [
        [
            f"{claim['statement']} ({claim['source']})",
            claim["control"],
            f"`{claim['study']}`",
            f"**{claim['verdict']}**{needed(claim)}",
            f"{claim['metric']} {interval(claim)}",
            f"{claim['n']:,}",
        ]
        for claim in claims()
        if claim["family"] == family
    ]
    head = ["claim", "compared with", "study", "verdict", "effect (95 %)", "n"]
    return table(head, listed, text_columns=5)


def interval(claim: Measured) -> str:
    """The effect of a claim with its 95 % interval."""
    keys = {"effect": "effect", "low": "effect_low", "high": "effect_high"}
    return scored({named: claim[key] for key, named in keys.items()}, "effect")


def needed(claim: Measured) -> str:
    """The number of samples that would decide a claim, if it is known."""
    return f", n = {claim['needed_n']:,} would do" if claim["needed_n"] else ""
