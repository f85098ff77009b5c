"""The drawing of the pipeline."""

import re
import subprocess
import sys

HIDDEN = (
    *("validate", "fingerprint"),  # almost every stage depends on them: too many arrows
    "sampler_distances",  # it takes no data
    *("ablation", "ablation_report"),  # they have no entries here
)
WIDE = '%%{init: {"flowchart": {"wrappingWidth": 500}}}%%'  # a chain fits on one line
Arrows = dict[str, set[str]]  # the stages that come directly after each stage


def arrows() -> Arrows:
    """What DVC says of dvc.yaml, with all entries of a stage as one."""
    command = [sys.executable, "-m", "dvc", "dag", "--md", "--collapse-foreach-matrix"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = dict(re.findall(r'(node\d+)\["(.*?)"\]', drawn))
    after: Arrows = {name: set() for name in names.values() if name not in HIDDEN}
    for before, then in re.findall(r"(node\d+)-->(node\d+)", drawn):
        if names[before] in after:
            after[names[before]].add(names[then])
    return after


def reduced(after: Arrows) -> Arrows:
    """The arrows that no others imply, from the stage with most stages after it."""

    def all_after(stage: str) -> set[str]:
        return after[stage].union(*map(all_after, after[stage]))

    order = sorted(after, key=lambda stage: (-len(all_after(stage)), stage))
    return {
        stage: after[stage] - set[str]().union(*map(all_after, after[stage])) for stage in order
    }


def chains(after: Arrows) -> list[list[str]]:
    """The stages, those that only follow each other joined."""
    before: Arrows = {name: {a for a in after if name in after[a]} for name in after}
    found: dict[str, list[str]] = {}
    for stage in after:
        previous = next(iter(before[stage])) if len(before[stage]) == 1 else None
        joined = previous is not None and len(after[previous]) == 1
        chain = found[previous] if previous is not None and joined else []
        chain.append(stage)
        found[stage] = chain
    return [chain for stage, chain in found.items() if chain[0] == stage]


def graph() -> str:
    """The pipeline as mermaid: chains of stages with the same ones before and after them share a
    box."""
    after = reduced(arrows())
    boxes: dict[tuple[frozenset[str], frozenset[str]], list[list[str]]] = {}
    for chain in chains(after):
        before = frozenset(stage for stage in after if chain[0] in after[stage])
        boxes.setdefault((before, frozenset(after[chain[-1]])), []).append(chain)
    box_of = {
        stage: f"b{i}" for i, box in enumerate(boxes.values()) for chain in box for stage in chain
    }
    lines = []
    for i, ((_, then), box) in enumerate(boxes.items()):
        label = "<br>".join(" → ".join(chain) for chain in box)
        lines.append(f'  b{i}["{label}"]')
        if then:
            lines.append(f"  b{i} --> {' & '.join(sorted({box_of[stage] for stage in then}))}")
    return "\n".join(["```mermaid", WIDE, "flowchart LR", *lines, "```"])
