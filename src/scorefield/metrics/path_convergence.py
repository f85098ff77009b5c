"""Whether the search for paths of least action converged."""

import pandas

from scorefield.core.results import PathRecord

EVALUATIONS = (1, 10, 20, 40, 80, 160, 320)  # rows of the table, and the last one of each search
AGREED = 0.01  # relative differences of actions up to this count as none


def convergence_table(records: list[PathRecord]) -> pandas.DataFrame:
    """The least action of an instanton to the goal after so many evaluations, a row for each noise
    level, pair of endpoints, initial path and number of evaluations, over all numbers of nodes."""
    rows = []
    for record in records:
        if record.target != "goal" or record.method != "instanton":
            continue
        for start, actions in (record.history or {}).items():
            least = actions.cummin(0).values.tolist()
            for count in sorted({n for n in EVALUATIONS if n < len(least)} | {len(least)}):
                place = {"noise": record.noise, "endpoints": record.endpoints, "start": start}
                rows.append(place | {"evaluations": count, "action": least[count - 1]})
    return pandas.DataFrame(rows)


def convergence(table: pandas.DataFrame) -> dict[str, float]:
    """Figures of the instantons to the goal in a table of paths, the largest over cases:
    `nodes_change`, how much the action changed when the nodes were doubled for the last time, and
    `start_gap`, how much the second best initial path ends above the best. And shares of cases:
    `agreeing`, where that is at most 1 %, and `apart`, where it is more, but all paths straight
    between both are higher than either, so that they are two minima."""
    rows = table[(table["target"] == "goal") & (table["method"] == "instanton")]
    figures = {"nodes_change": float(rows["change"].max())}
    if "gap" in rows:
        agree, over = rows["gap"] <= AGREED, rows["pass"] > 0
        figures["start_gap"] = float(rows["gap"].max())
        figures |= {"agreeing": float(agree.mean()), "apart": float((~agree & over).mean())}
    return figures
