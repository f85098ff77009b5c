"""Write to code/ the hash of the code of every stage. Usage: python stages/fingerprint.py"""

from pathlib import Path

from scorefield.command import command
from scorefield.pipeline import params
from scorefield.pipeline.files import write
from scorefield.pipeline.stage_code import fingerprints


def main() -> None:
    for name, hashed in fingerprints(params.load()).items():
        write(Path("code", f"{name}.txt"), f"{hashed}\n".encode())


if __name__ == "__main__":
    command(main)
