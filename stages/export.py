"""Write a U-Net as a diffusers pipeline. Usage: python stages/export.py NAME [FOLDER]"""

from scorefield.command import command
from scorefield.interop.export import export


def main(name: str = "", folder: str = "") -> None:
    print(export(name, folder or f"exports/{name}"))


if __name__ == "__main__":
    command(main)
