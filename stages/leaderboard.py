"""One table of all runs, as CSV, Markdown and bars. Usage: python stages/leaderboard.py"""

import pandas

from scorefield.core import params
from scorefield.core.files import command, load_json, save_table, write
from scorefield.plots.bars import bars

SCORES = {  # by which a group of runs is ranked, and what its table shows
    "fid": ["fid_floor", "kid", "precision", "precision_floor", "recall", "recall_floor"],
    "mmd2": ["mmd2_floor", "energy_distance", "nll", "nll_floor", "outside"],
}


FOUND = ["hit", "hit_se", "junk", "junk_se"]  # of runs with a rare or withheld mode or class


def discoveries(table: pandas.DataFrame) -> str:
    group = table.sort_values(["data", "hit", "run"], ascending=[True, False, True])
    shown = group[["run", "data", "guidance", "sampler", "nfe", *FOUND]].astype({"nfe": int})
    return shown.to_markdown(index=False, floatfmt=".3g")


def main() -> None:
    runs = params.load()["runs"]
    chosen = ("data", "model", "guidance", "sampler", "n")
    rows = [
        {
            "run": name,
            **{key: spec[key] for key in chosen},
            **load_json(f"metrics/runs/{name}.json"),
        }
        for name, spec in runs.items()
    ]
    table = pandas.DataFrame(rows)
    tables, text = {}, []
    for score, columns in SCORES.items():
        if score in table:
            group = table[table[score].notna()].sort_values(["data", score, "run"])
            tables[score] = group
            shown = group[
                ["run", "data", "model", "guidance", "sampler", "n", "nfe", score, *columns]
            ]
            text.append(shown.astype({"nfe": int}).to_markdown(index=False, floatfmt=".3g"))
            small = group[["run", "data", score, f"{score}_floor"]]
            save_table(f"plots/leaderboard-{score}.csv", small)
    if "hit" in table:
        text.append(discoveries(table[table["hit"].notna()]))
    every = pandas.concat(tables.values()).drop_duplicates("run")
    save_table("metrics/leaderboard.csv", every)
    write("metrics/leaderboard.md", ("\n\n".join(text) + "\n").encode())
    bars(tables, "plots/leaderboard.png")


if __name__ == "__main__":
    command(main)
