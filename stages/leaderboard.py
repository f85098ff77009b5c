"""One table of all runs, as CSV, Markdown and bars. Usage: python stages/leaderboard.py"""

import pandas

from scorefield.core import params
from scorefield.core.files import command, load_json, save_table, write
from scorefield.lab.rules import RULES
from scorefield.lab.standings import FOUND, PLANE, contest, plane
from scorefield.plots.bars import bars


def markdown(table: pandas.DataFrame) -> str:
    written = table.astype(object).where(table.notna(), "")
    return written.to_markdown(index=False, floatfmt=".3g", intfmt=",")


def main() -> None:
    runs = params.runs()
    found = {name: load_json(f"metrics/runs/{name}.json") for name in runs}
    images, points = contest(runs, found), plane(runs, found)
    save_table("metrics/leaderboard.csv", images)
    save_table("metrics/plane.csv", points)
    special = points[points["hit"].notna()].sort_values(["data", "hit"], ascending=[True, False])
    text = [
        RULES,
        markdown(images),
        markdown(points.drop(columns=FOUND)),
        markdown(special.drop(columns=["model", "n", *PLANE])),
    ]
    write("metrics/leaderboard.md", ("\n\n".join(text) + "\n").encode())
    ranked = images[images["rank"].notna()]
    save_table("plots/leaderboard-fid.csv", ranked[["run", "data", "fid"]])
    save_table("plots/leaderboard-mmd2.csv", points[["run", "data", "mmd2", "mmd2_floor"]])
    bars(images, points, "plots/leaderboard.png")


if __name__ == "__main__":
    command(main)
