"""How paths by different methods compare with the straight line between the same ends."""

import numpy as np
import pandas
from scipy.stats import t

FIGURES = ("action", "length", "drop")
WORDS = {"action": "time-free action", "length": "length", "drop": "deepest fall of log p"}


def path_comparison(table: pandas.DataFrame) -> pandas.DataFrame:
    """A row for each figure and method: the geometric mean over noise levels and pairs of endpoints
    of its `ratio` to the straight line between the same ends, the ends `low` and `high` of its 95 %
    interval (Student's, of the logarithm), and the number `n` of cases. Paths lead to the goal;
    those of the Hamiltonian motion to the point that it reached. Cases where a figure is 0 are left
    out."""
    shown = table[table["target"].isin(["goal", "reached"])]
    rows = []
    for key in FIGURES:
        wide = shown.pivot_table(key, ["noise", "endpoints", "target"], "method", sort=False)
        for method in [name for name in dict.fromkeys(table["method"]) if name != "line"]:
            target = "reached" if method == "hamiltonian" else "goal"
            mine = wide.xs(target, level="target")
            kept = mine[(mine[method] > 0) & (mine["line"] > 0)]
            logs = np.log(kept[method] / kept["line"])
            half = t.ppf(0.975, len(logs) - 1) * logs.std() / len(logs) ** 0.5
            ends = np.exp([logs.mean(), logs.mean() - half, logs.mean() + half])
            values = dict(zip(("ratio", "low", "high"), ends.tolist(), strict=True))
            rows.append({"figure": key, "method": method, **values, "n": len(logs)})
    return pandas.DataFrame(rows).sort_values(["figure", "ratio"], ignore_index=True)


def comparison_text(found: pandas.DataFrame) -> str:
    """The comparison as plain text."""
    lines = ["Ratio to the straight line between the same ends, geometric mean over cases", ""]
    for key, rows in found.groupby("figure", sort=False):
        lines.append(f"{WORDS[str(key)]}:")
        lines += [
            f"  {row.method:12s} {row.ratio:7.3g}   95 % interval {row.low:.3g} to {row.high:.3g}"
            f"   ({row.n} cases)"
            for row in rows.itertuples()
        ]
    return "\n".join([*lines, "", ""])
