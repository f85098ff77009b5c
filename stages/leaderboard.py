"""One table of all runs, as CSV, Markdown and bars. Usage: python stages/leaderboard.py"""

from scorefield.command import command
from scorefield.leaderboard.table import leaderboard, leaderboard_2d, page
from scorefield.pipeline import params
from scorefield.pipeline.files import load_json, save_table, write
from scorefield.plots.bars import bars


def main() -> None:
    runs = params.runs()
    found = {name: load_json(f"metrics/runs/{name}.json") for name in runs}
    images, points = leaderboard(runs, found), leaderboard_2d(runs, found)
    save_table("metrics/leaderboard.csv", images)
    save_table("metrics/leaderboard-2d.csv", points)
    write("metrics/leaderboard.md", page(images, points).encode())
    ranked = images[images["rank"].notna()]
    save_table("plots/leaderboard-fid.csv", ranked[["run", "data", "fid", "fid_low", "fid_high"]])
    save_table("plots/leaderboard-mmd2.csv", points[["run", "data", "mmd2", "mmd2_floor"]])
    bars(images, points, "plots/leaderboard.png")


if __name__ == "__main__":
    command(main)
