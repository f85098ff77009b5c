"""The stages as DVC knows them: their order, what is not up to date, their order in dvc.lock."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.utils.serialize import load_yaml, modify_yaml

from scorefield.pipeline.dvc_lock import LOCK

Needs = dict[str, set[str]]  # stage -> the stages that come before it


def read_graph() -> Needs:
    """All stages, in the order in which `dvc repro` takes them."""
    with Repo() as repo:
        graph = get_active_graph(repo.index.graph)
        ordered = plan_repro(graph, [*repo.index.stages])
        return {s.addressing: {each.addressing for each in graph.successors(s)} for s in ordered}


def status(stages: Iterable[str] = ()) -> dict[str, list[Any]]:
    """Those of the stages, or of all, that DVC finds not up to date, and what it finds changed."""
    with Repo(_wait_for_lock=True) as repo:
        return dict(repo.status([*stages]))


def followers(needs: Needs, stages: set[str]) -> list[str]:
    """The stages and all that come after them."""
    found: dict[str, None] = {}
    for stage, before in needs.items():
        if stage in stages or not before.isdisjoint(found):
            found[stage] = None
    return [*found]


def ancestors(needs: Needs, stages: Iterable[str]) -> set[str]:
    """All stages that come before some."""
    found: set[str] = set()
    new = set(stages)
    while new:
        new = {each for stage in new for each in needs[stage]} - found
        found |= new
    return found


def lock_order() -> list[str]:
    """The stages in dvc.lock."""
    return [*load_yaml(LOCK).get("stages", {})] if Path(LOCK).exists() else []


def sort_lock(before: list[str], needs: Needs) -> None:
    """Bring dvc.lock into the order in which `dvc repro` writes it: the stages that were in it
    `before`, then the new ones in the order of the graph."""
    found = lock_order()
    wanted = [stage for stage in dict.fromkeys([*before, *needs]) if stage in found]
    if wanted == found:
        return
    with modify_yaml(LOCK) as lock:
        for stage in wanted:
            lock["stages"][stage] = lock["stages"].pop(stage)
