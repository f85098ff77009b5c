"""Put the current leaderboard and graph into README.md. Usage: python stages/readme.py"""

import re
import subprocess
from pathlib import Path


def spliced(text: str, mark: str, content: str) -> str:
    """The text with what lies between a pair of marks replaced."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}\n{content.strip()}\n\n{m[2]}", text, flags=re.S)


def graph() -> str:
    command = ["dvc", "dag", "--md", "--collapse-foreach-matrix"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    path = Path("README.md")
    text = spliced(path.read_text(), "leaderboard", Path("metrics/leaderboard.md").read_text())
    path.write_text(spliced(text, "graph", graph()))


if __name__ == "__main__":
    main()
