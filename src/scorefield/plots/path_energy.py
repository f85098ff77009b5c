"""Energy of motions, descent of the action, and -log p along paths."""

from torch import Tensor

from scorefield.core.results import MotionEnergy
from scorefield.plots.canvas import keep, subplots


def path_energy(panels: dict[str, MotionEnergy], path: str) -> None:
    """One panel for each pair of endpoints: kinetic energy, potential and their sum."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, motion) in zip(axes[0], panels.items(), strict=True):
        axis.plot(motion.kinetic, label="kinetic")
        axis.plot(motion.energy - motion.kinetic, label="-log p, relative to the start")
        axis.plot(motion.energy, color="black", lw=1, label="sum")
        axis.set_title(title, fontsize=8)
        axis.set(xlabel="step")
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)


def action_descent(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """One panel for each pair of endpoints: the action at every evaluation, one line for each
    initial path."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, starts) in zip(axes[0], panels.items(), strict=True):
        for name, actions in starts.items():
            axis.plot(actions, label=f"from {name}")
        axis.set(yscale="log", xlabel="evaluation", ylabel="action")
        axis.set_title(title, fontsize=8)
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)


def path_height(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """One panel for each pair of endpoints: -log p minus its value at the start, along each path
    (N + 1,), against the length."""
    figure, axes = subplots(1, len(panels), figsize=(3 * len(panels), 3), squeeze=False)
    for axis, (title, works) in zip(axes[0], panels.items(), strict=True):
        for name, work in works.items():
            fractions = [i / (len(work) - 1) for i in range(len(work))]
            axis.plot(fractions, -work, label=name)
        axis.set(xlabel="fraction of the length", ylabel="-log p above the start")
        axis.set_title(title, fontsize=8)
    axes[0, 0].legend(frameon=False, fontsize=7)
    keep(figure, path)
