"""Energy, action and height along paths."""

from torch import Tensor

from scorefield.core.studies import MotionEnergy
from scorefield.plots.canvas import keep, subplots


def energies(panels: dict[str, MotionEnergy], path: str) -> None:
    """A panel a journey: kinetic energy, potential and their sum over the motion."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, motion) in zip(axes[0], panels.items(), strict=True):
        axis.plot(motion.kinetic, label="kinetic")
        axis.plot(motion.energy - motion.kinetic, label="-log p, from the start")
        axis.plot(motion.energy, color="black", lw=1, label="sum")
        axis.set_title(title, fontsize=8)
        axis.set(xlabel="step")
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)


def descents(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """A panel a journey: the action at every evaluation, a line a start."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, starts) in zip(axes[0], panels.items(), strict=True):
        for name, seen in starts.items():
            axis.plot(seen, label=f"from {name}")
        axis.set(yscale="log", xlabel="evaluation", ylabel="action")
        axis.set_title(title, fontsize=8)
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)


def heights(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """A panel a journey: -log p along each path (N + 1,) above its start, by length."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, works) in zip(axes[0], panels.items(), strict=True):
        for name, work in works.items():
            axis.plot([i / (len(work) - 1) for i in range(len(work))], -work, label=name)
        axis.set(xlabel="part of the length", ylabel="-log p above the start")
        axis.set_title(title, fontsize=8)
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)
