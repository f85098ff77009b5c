"""The tables of the studies of paths, from what was measured."""

from collections.abc import Sequence

import pandas

from report.markdown import number, table
from report.results import figures, rows


def paths(name: str, keys: Sequence[str], by: Sequence[str] = ("noise", "endpoints")) -> str:
    """Figures of the paths to the goal by noise level and pair of endpoints, or means over what
    `by` leaves out."""
    every = pandas.DataFrame(rows(f"paths/{name}"))
    goal = every[every["target"] == "goal"]
    found = goal.groupby([*by, "method"], sort=False)[[*keys]].mean().reset_index()
    listed = [
        [
            ", ".join(f"{row[key]:g}" if key == "noise" else row[key] for key in by),
            row["method"],
            *(number(row[key], ",.0f" if row[key] >= 1000 else ".3g") for key in keys),
        ]
        for row in found.to_dict("records")
    ]
    words = {"action": "time-free action", "barrier_true": "true barrier"}
    return table(
        [", ".join(by), "path", *(words.get(key, key) for key in keys)], listed, text_columns=2
    )


def goal_paths(name: str, key: str) -> pandas.DataFrame:
    """One figure of the paths to the goal: a row for each noise level and pair of endpoints, a
    column for each method."""
    found = pandas.DataFrame(rows(f"paths/{name}"))
    goal = found[found["target"] == "goal"]
    return goal.pivot_table(key, ["noise", "endpoints"], "method")


def path_figure(key: str, method: str, name: str, noise: float, endpoints: str) -> float:
    """One figure of the path to the goal by one method."""
    value: float = goal_paths(name, key)[method][noise, endpoints]
    return value


def mean_figure(name: str, key: str, noise: float) -> float:
    """The mean of a figure over the instantons to the goal at one noise level."""
    found: float = goal_paths(name, key)["instanton"].loc[noise].mean()
    return found


def path_range(name: str, key: str) -> str:
    """The least and the largest of a figure of the instantons to the goal."""
    found = goal_paths(name, key)["instanton"]
    return f"{found.min():.2g} to {found.max():.2g}"


def path_ratio(name: str, first: str, second: str, key: str) -> str:
    """The least and the largest ratio of a figure of the paths by two methods."""
    found = goal_paths(name, key)
    ratio = found[first] / found[second]
    return f"{ratio.min():.1f} to {ratio.max():.1f}"


def path_below(name: str, first: str, second: str, key: str) -> str:
    """In how many cases a figure of the first method is below that of the second."""
    found = goal_paths(name, key)
    return f"{(found[first] < found[second]).sum()} of {len(found)}"


def path_convergence(names: Sequence[str]) -> str:
    """Whether the searches for instantons converged, and how many nodes they needed."""
    columns = {
        "nodes_change": "change with twice the nodes",
        "start_gap": "second best start",
        "agreeing": "starts agree",
        "apart": "two minima",
    }
    listed = []
    for name in names:
        found, nodes = figures(f"paths/{name}"), goal_paths(name, "nodes")["instanton"]
        shares = (f"{100 * found[key]:.2g} %" for key in columns)
        listed.append([f"`{name}`", f"{nodes.min():g} to {nodes.max():g}", *shares])
    return table(["entry", "nodes", *columns.values()], listed)


def path_limits(names: Sequence[str]) -> str:
    """How far instantons to the goal can be trusted: a row for each entry and noise level, with the
    largest change of the action when nodes were doubled, the largest gap between initial paths, and
    means over pairs of endpoints."""
    listed = []
    for name in names:
        every = pandas.DataFrame(rows(f"paths/{name}"))
        found = every[(every["target"] == "goal") & (every["method"] == "instanton")]
        found = found.assign(curl=(found["rise"] - found["rise_straight"]).abs() / found["action"])
        for noise, level in found.groupby("noise", sort=False):
            most, mean = level[["nodes", "change", "gap"]].max(), level.mean(numeric_only=True)
            shares = (f"{100 * x:.2g} %" for x in (most["change"], most["gap"], mean["curl"]))
            parts = (f"{mean[key]:.2g}" for key in ("spacing", "asymmetry", "found_noise"))
            listed.append([f"`{name}`", f"{noise:g}", f"{most['nodes']:g}", *shares, *parts])
    return table(
        [
            "entry",
            "noise",
            "nodes",
            "change with twice the nodes",
            "second best start",
            "difference of work / action",
            "step / sigma",
            "asymmetry",
            "noise found",
        ],
        listed,
    )
