"""Gains of guidance on random laws, paired with unguided samples of the same noise."""

import pandas
import torch

from scorefield.metrics.bootstrap import Z
from scorefield.metrics.ranking import mean_se

PLAIN, CONTROLS = "plain", ("random", "minus_score")
LAW = ["dim", "law", "family", "place"]
DIFFERENCES = {"gain": "rare_mode", "cost": "off_mode", "reached": "coverage"}
GROUPS = ("all", "family", "dim")


def generality_report(rows: pandas.DataFrame) -> tuple[pandas.DataFrame, dict[str, float]]:
    """The table and the figures of the rows of `generality`. The table has a row for each place of
    the rare mode, variant, scale, and family or dimension or all laws: means over laws of the
    differences from unguided samples, with their standard errors. `gain` is of the rare-mode rate,
    `cost` of the off-mode rate, `reached` of the share of other modes that samples reach,
    `better` the share of laws with a gain above 0, `over_x` the gain less that of control x at the
    same scale."""
    cells = paired(rows)
    summary = []
    for by in GROUPS:
        keys = ["place", "variant", "scale", *([by] if by != "all" else [])]
        for found, part in cells.groupby(keys, sort=False):
            named = dict(zip(keys, found, strict=True))
            group = {"by": by, "group": str(named.pop(by, "all"))}
            summary.append(named | group | {"n": len(part)} | means(part))
    table = pandas.DataFrame(summary)
    return table, figures(table)


def paired(rows: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of guided samples with their differences from unguided ones of the same law, and
    from the controls at the same scale."""
    plain = rows[rows["variant"] == PLAIN].set_index(LAW)
    unguided = {rate: f"unguided_{rate}" for rate in DIFFERENCES.values()}
    cells = rows[rows["variant"] != PLAIN].join(plain[[*unguided]].rename(columns=unguided), LAW)
    for key, rate in DIFFERENCES.items():
        cells[key] = cells[rate] - cells[unguided[rate]]
    for control in CONTROLS:
        known = cells[cells["variant"] == control].set_index([*LAW, "scale"])["gain"]
        cells = cells.join(known.rename("other"), [*LAW, "scale"])
        other = cells.pop("other").where(~cells["variant"].isin(CONTROLS))
        cells[f"over_{control}"] = cells["gain"] - other
    return cells


def means(part: pandas.DataFrame) -> dict[str, float]:
    """Means over laws and their standard errors; none of what the laws do not have."""
    found = {"rare_mode": part["rare_mode"].mean(), "better": (part["gain"] > 0).mean()}
    for key in (*DIFFERENCES, *(f"over_{control}" for control in CONTROLS)):
        values = part[key].dropna()
        if len(values) > 1:
            found[key], found[f"{key}_se"] = mean_se(torch.tensor(values.to_numpy(copy=True)))
    return found


def figures(table: pandas.DataFrame) -> dict[str, float]:
    """The rows of all laws as metrics, variant_scale_place_figure; and the gain of the family and
    of the dimension whose 95 % interval ends lowest, least_family_gain and least_dim_gain."""
    found: dict[str, float] = {}
    for _, row in table[table["by"] == "all"].iterrows():
        cell = f"{row['variant']}_{row['scale']:g}_{row['place']}"
        own = row.drop(["place", "variant", "scale", "by", "group", "n"]).dropna()
        found |= {f"{cell}_{key}": float(value) for key, value in own.items()}
        found[f"{row['place']}_n"] = int(row["n"])
    for by in GROUPS[1:]:
        groups = table[table["by"] == by]
        groups = groups.assign(end=groups["gain"] - Z * groups["gain_se"])
        found[f"{by}_n"] = int(groups["n"].min())
        for (variant, scale, place), part in groups.groupby(["variant", "scale", "place"]):
            least = part.sort_values("end").iloc[0]
            for end in ("", "_se"):
                found[f"{variant}_{scale:g}_{place}_least_{by}_gain{end}"] = float(
                    least[f"gain{end}"]
                )
    return found
