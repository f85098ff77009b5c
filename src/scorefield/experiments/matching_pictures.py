"""Pictures of the matching study."""

from collections.abc import Sequence

import pandas

from scorefield.core.datasets import Dataset, Images, Points
from scorefield.core.results import MatchedSamples
from scorefield.experiments.matching_figures import (
    PLAIN,
    PLAIN_TURNED,
    best,
    expected,
    is_guide,
    upright,
)
from scorefield.metrics.evaluators import Evaluator, FeatureEvaluator
from scorefield.plots.couples import couples
from scorefield.plots.matched import Row, matched
from scorefield.plots.names import words
from scorefield.plots.ratio_levels import ratio_levels
from scorefield.plots.strength import strength

COLUMNS = 20
Scoring = tuple[Images, FeatureEvaluator]


def pictures(
    name: str,
    cells: Sequence[MatchedSamples],
    table: pandas.DataFrame,
    ratios: pandas.DataFrame,
    data: Dataset,
    evaluator: Evaluator,
) -> None:
    """All pictures of a study, in plots/matching/<name>."""
    folder = f"plots/matching/{name}"
    strength(table, f"{folder}/strength.png")
    if len(ratios):
        ratio_levels(ratios, f"{folder}/ratio.png")
    if isinstance(data, Points):
        drawn = {words(cell.kind): (cell.y, cell.samples) for cell in cells if cell.y is not None}
        couples(drawn, f"{folder}/together.png")
    elif isinstance(data, Images) and isinstance(evaluator, FeatureEvaluator):
        scoring, of = (data, evaluator), {cell.kind: cell for cell in cells}
        matched(given(cells, table, scoring), f"{folder}/given.png")
        panels = (
            {"upright test images y, turned x guided to them": turned(of, scoring)}
            if "turned" in of
            else {}
        )
        for kind, title in (
            ("drawn", "y drawn by the model of turned digits, x guided to it"),
            ("joint", "y and x drawn together from noise by two models"),
        ):
            panels[title] = [
                classified("y", of[kind], scoring, of_y=True),
                classified("x", of[kind], scoring),
            ]
        matched(panels, f"{folder}/together.png")


def given(
    cells: Sequence[MatchedSamples], table: pandas.DataFrame, scoring: Scoring
) -> dict[str, list[Row]]:
    """Test images y, the samples of each guide at its best scale, and unguided ones."""
    of = {(cell.kind, cell.scale): cell for cell in cells}
    plain, rows = of[PLAIN, 0.0], []
    for kind, part in table.groupby("kind", sort=False):
        if is_guide(str(kind)):
            chosen = best(part, table)
            said = (
                f"{words(str(kind))}, scale {chosen['scale']:g}: {100 * chosen['agreement']:.0f} %"
            )
            rows.append(classified(said, of[str(kind), chosen["scale"]], scoring))
    pairs = scoring[0].tensors["test_pair"][plain.source]
    first = Row("y", pairs[:COLUMNS])
    matches = table.loc[table["kind"] == PLAIN, "agreement"].item()
    rows.append(classified(f"{words(PLAIN)}: {100 * matches:.0f} %", plain, scoring))
    title = (
        f"Test images y, and x guided to them: how many of {len(plain.samples)} have the class of y"
    )
    return {title: [first, *rows]}


def turned(of: dict[str, MatchedSamples], scoring: Scoring) -> list[Row]:
    """Standard test images, and rotated samples that should match them."""
    images = scoring[0].test[of["turned"].source]
    rows = [classified(words(kind), of[kind], scoring) for kind in ("turned", PLAIN_TURNED)]
    return [Row("y", images[:COLUMNS]), *rows]


def classified(label: str, cell: MatchedSamples, scoring: Scoring, of_y: bool = False) -> Row:
    """The first samples of a cell as they are, or their y, with the class that the evaluator gives
    them, and whether that is the class of y."""
    data, evaluator = scoring
    aimed = expected(cell, data, evaluator)
    if of_y and cell.y is not None:
        return Row(label, cell.y[:COLUMNS], None if aimed is None else aimed[:COLUMNS])
    found = evaluator.classes(upright(cell, data)[:COLUMNS])
    right = None if found is None or aimed is None else found == aimed[:COLUMNS]
    return Row(label, cell.samples[:COLUMNS], found, right)
