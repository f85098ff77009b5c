"""Run a contest: every folder in DIR is a submission. Each is drawn in a process of its own and
scored; the grade sheet is written as CSV and as a page, after every submission."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pandas
from jinja2 import Environment, FileSystemLoader

from scorefield.command import ended
from scorefield.core.errors import InputError
from scorefield.leaderboard.contest import (
    Row,
    Scorer,
    hidden_images,
    scorer,
    sheet,
    without_known,
)
from scorefield.leaderboard.entry import contest
from scorefield.leaderboard.rules import SAMPLES
from scorefield.leaderboard.submissions import Rules, Submission, submission
from scorefield.pipeline.files import load_dataset, save_table, write
from scorefield.pipeline.sandbox import isolation, limits_of

TEMPLATES = Path("report")


def drawn(folders: list[Path], rules: Rules, jobs: int) -> Iterator[Submission]:
    """The submissions as they are done, several at a time."""
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(jobs) as pool:
        begun = [pool.submit(submission, folder, rules, Path(work)) for folder in folders]
        for future in as_completed(begun):
            yield future.result()


def scored(rater: Scorer, one: Submission) -> Row:
    """A line of the sheet; what fails in scoring is its note, and stops nothing."""
    try:
        return rater.row(one)
    except Exception as error:
        said = " ".join(f"not scored: {type(error).__name__}: {error}".split())[:300]
        return rater.row(Submission(one.name, refused=said, report=one.report))


def page(table: pandas.DataFrame, facts: list[str]) -> str:
    """The sheet as a page."""
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    lines = table.astype(object).where(table.notna(), "").to_dict("records")
    return found.get_template("contest.html.jinja").render(
        columns=[*table.columns], lines=lines, facts=facts
    )


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the submissions")
    parser.add_argument(
        "--test", default="", help="class folders of hidden test images, or MNIST's"
    )
    parser.add_argument("--out", type=Path, default=Path("contest"), help="where the sheet goes")
    parser.add_argument("--seconds", default="3600", help="for each submission")
    parser.add_argument("--gib", default="8", help="of memory, for each submission")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="that each draws")
    parser.add_argument("--jobs", type=int, default=1, help="submissions at a time")
    return parser.parse_args()


def rater_of(given: argparse.Namespace) -> Scorer:
    """The scorer of the contest, with the hidden test images that are in no public split."""
    rules, hidden = contest(), None
    if given.test:
        known = load_dataset(rules["data"], as_bytes=True)
        found = hidden_images(given.test, known.test.shape[1:])
        hidden = without_known(found, known)
        print(f"{len(hidden)} hidden test images, {len(found) - len(hidden)} known ones left out")
    return scorer(rules["data"], rules["evaluator"], hidden, given.samples)


def main() -> None:
    given = parsed()
    if not given.folder.is_dir():
        raise InputError(f"{given.folder}: expected a folder of submissions")
    folders = sorted(path for path in given.folder.iterdir() if path.is_dir())
    rules, rater = Rules(given.samples, limits_of(given.seconds, given.gib)), rater_of(given)
    rows: list[Row] = []
    for one in drawn(folders, rules, given.jobs):
        rows.append(scored(rater, one))
        print(f"{one.name}: {rows[-1]['note'] or 'scored'} ({one.seconds:.0f} s)", flush=True)
        table = sheet(rows, rater.floor())
        facts = [f"{len(folders)} submissions, {len(rows)} of them in the table"]
        facts += [f"isolation: {isolation()}", f"FID of real images: {rater.floor():.3g}"]
        save_table(given.out / "grades.csv", table)
        write(given.out / "grades.html", page(table, facts).encode())
    print(f"{len(rows)} submissions: {given.out}/grades.csv, {given.out}/grades.html")


if __name__ == "__main__":
    sys.excepthook = ended
    main()
