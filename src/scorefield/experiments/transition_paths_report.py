"""The paths study as a table and pictures."""

from typing import Any

import pandas
from torch import Tensor

from scorefield.core.datasets import Dataset
from scorefield.core.results import PathRecord
from scorefield.experiments.evaluators import load_evaluator
from scorefield.metrics.along_path import along_path, path_summary, path_text, true_barrier
from scorefield.metrics.evaluators import Evaluator, LawEvaluator
from scorefield.metrics.path_comparison import comparison_text, path_comparison
from scorefield.metrics.path_convergence import convergence, convergence_table
from scorefield.pipeline.files import load_dataset, save_json, save_table, write
from scorefield.pipeline.records import load_records
from scorefield.plots.film import film
from scorefield.plots.path_comparison import path_comparison as draw_comparison
from scorefield.plots.path_density import path_density, walk
from scorefield.plots.path_energy import action_descent, path_energy, path_height
from scorefield.plots.path_levels import path_limits, path_methods
from scorefield.plots.path_styles import label
from scorefield.plots.strips import strips

LIMITS = {  # figure of a table: what it is, with the value that would be right
    "spacing": "step of the path / sigma (resolved: below 1)",
    "found_noise": "noise found, std of a pixel / sigma (trained on: 1)",
    "asymmetry": "asymmetry of the Jacobian (gradient field: 0)",
    "curl": "work less straight work / drop of log p (gradient field: 0)",
    "change": "change of the action with twice the nodes",
    "gap": "action from the second best start / best - 1",
}


def paths_report(name: str, spec: dict[str, Any]) -> None:
    """Write figures, table and pictures of an entry of `paths`."""
    data, evaluator = load_dataset(spec["data"]), load_evaluator(spec["evaluator"])
    records = load_records(f"samples/{name}-paths.safetensors", PathRecord)
    table = path_table(records, data, evaluator)
    save_table(f"metrics/paths/{name}.csv", table)
    save_table(f"metrics/paths/{name}-convergence.csv", convergence_table(records))
    motions, found = [each.motion for each in records if each.motion], convergence(table)
    figures = path_summary(table, motions) | found | {"film_noise": film_level(records)}
    save_json(f"metrics/paths/{name}.json", figures)
    folder, compared = f"plots/paths/{name}", path_comparison(table)
    text = comparison_text(compared) + path_text(table, found)
    write(f"{folder}/comparison_summary.txt", text.encode())
    cases = len(table.drop_duplicates(["noise", "endpoints"]))
    draw_comparison(compared, cases, f"{folder}/metrics_comparison.png")
    line_pictures(records, table, folder)
    route_pictures(records, evaluator, folder)


def path_table(records: list[PathRecord], data: Dataset, evaluator: Evaluator) -> pandas.DataFrame:
    """A row a path."""
    rows = []
    for record in records:
        row: dict[str, Any] = {"noise": record.noise, "endpoints": record.endpoints}
        row |= {"target": record.target, "method": record.method}
        row |= {key: value.item() for key, value in record.figures.items()}
        row |= along_path(record.clean, data, evaluator)
        if isinstance(evaluator, LawEvaluator):
            row["barrier_true"] = true_barrier(record.even, evaluator, record.noise)
        rows.append(row | {"calls": record.calls})
    return pandas.DataFrame(rows)


def line_pictures(records: list[PathRecord], table: pandas.DataFrame, folder: str) -> None:
    """Energies, actions and figures by noise level."""
    moved = [record for record in records if record.motion]
    for target in dict.fromkeys(record.target for record in moved):
        mine = {title(each): each.motion for each in moved if each.target == target and each.motion}
        name = "energy" if target == "reached" else f"energy-{target}"
        path_energy(mine, f"{folder}/{name}.png")
    goal = [record for record in records if record.target == "goal"]
    heights: dict[str, dict[str, Tensor]] = {title(record): {} for record in goal}
    for record in goal:
        heights[title(record)][record.method] = record.work
    path_height(heights, f"{folder}/height.png")
    best = [record for record in goal if record.method == "instanton"]
    descents = {title(each): each.history or {} for each in best}
    action_descent(descents, f"{folder}/action.png")
    path_methods(table, f"{folder}/methods.png")
    path_limits(limits(table), f"{folder}/limits.png")


def limits(table: pandas.DataFrame) -> dict[str, dict[str, pandas.Series]]:
    """What says where a noise level is too low, of the instantons to the goal: by label and pair of
    endpoints, values over noise levels."""
    rows = table[(table["target"] == "goal") & (table["method"] == "instanton")]
    rows = rows.assign(curl=(rows["rise"] - rows["rise_straight"]).abs() / rows["drop"])
    shown = {key: label for key, label in LIMITS.items() if key in rows}
    return {
        label: {
            str(pair): each.set_index("noise")[key].clip(lower=1e-6)
            for pair, each in rows.groupby("endpoints", sort=False)
        }
        for key, label in shown.items()
    }


def route_pictures(records: list[PathRecord], evaluator: Evaluator, folder: str) -> None:
    """The paths over the true density where that is known, and else as images; and a film of the
    instantons at the middle noise level."""
    levels, middle = noise_levels(records), film_level(records)
    best = [each for each in records if each.target == "goal" and each.method == "instanton"]
    best = [record for record in best if record.noise == middle]
    shown = [each for each in records if each.target == "goal" or each.method != "line"]
    if isinstance(evaluator, LawEvaluator):
        noise = {title(record): record.noise for record in records}
        paths: dict[str, dict[tuple[str, str], Tensor]] = {name: {} for name in noise}
        for record in shown:
            if record.target == "goal" or record.method == "hamiltonian":
                paths[title(record)][record.method, record.target] = record.path
        path_density(paths, noise, evaluator, f"{folder}/density.png")
        frames = [walk(record.path, evaluator, record.noise) for record in best]
    else:
        for level in levels:
            mine = [record for record in shown if record.noise == level]
            images: dict[str, dict[str, Tensor]] = {title(record): {} for record in mine}
            for record in mine:
                images[title(record)][caption(record)] = record.clean
            strips(images, f"{folder}/strips-{level:g}.png")
        frames = [record.clean for record in best]
    film(frames, f"{folder}/path.gif")


def noise_levels(records: list[PathRecord]) -> list[float]:
    """The noise levels of a study, in its order."""
    return [*dict.fromkeys(record.noise for record in records)]


def film_level(records: list[PathRecord]) -> float:
    """The noise level of the film: the one in the middle."""
    levels = noise_levels(records)
    return levels[(len(levels) - 1) // 2]


def title(record: PathRecord) -> str:
    """The title of the panel of a noise level and a pair of endpoints."""
    return f"{record.endpoints.replace(' > ', ' to ')}, noise level {record.noise:g}"


def caption(record: PathRecord) -> str:
    """What a row of images shows: the method, its action and its length."""
    action, length = (record.figures[key].item() for key in ("action", "length"))
    name = label(record.method, record.target)
    return f"{name}\naction {action:.3g}, length {length:.3g}"
