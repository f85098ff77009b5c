"""Energy of motions, descent of the action, and -log p along paths."""

from torch import Tensor

from scorefield.core.results import MotionEnergy
from scorefield.plots.canvas import keep, panel_row, side_legend, styled
from scorefield.plots.path_levels import METHODS

SIZE = (3.2, 3.0)  # of a panel


def path_energy(panels: dict[str, MotionEnergy], path: str) -> None:
    """One panel for each pair of endpoints: kinetic energy, potential and their sum, whose largest
    change is in the title, as a share of the largest kinetic energy."""
    figure, axes = panel_row(len(panels), SIZE)
    for axis, (title, motion) in zip(axes, panels.items(), strict=True):
        axis.plot(motion.kinetic, label="kinetic")
        axis.plot(motion.energy - motion.kinetic, label="-log p, relative to the start")
        axis.plot(motion.energy, color="black", lw=1, label="sum")
        axis.set_title(f"{title}\nsum changes by {motion.drift():.2g}", fontsize=8)
        axis.set(xlabel="step", ylabel="energy")
    axes[0].legend(frameon=False, fontsize=7)
    keep(figure, path)


def action_descent(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """One panel for each pair of endpoints: by how much the least action up to every evaluation is
    above the least of all, relative to it, one line for each initial path."""
    figure, axes = panel_row(len(panels), SIZE)
    styles = styled(name for starts in panels.values() for name in starts)
    for axis, (title, starts) in zip(axes, panels.items(), strict=True):
        best = min(float(actions.min()) for actions in starts.values())
        for name, actions in starts.items():
            above = actions.cummin(0).values / best - 1
            axis.plot(above.clamp_min(1e-5), color=styles[name]["color"], label=f"from {name}")
        axis.axhline(0.01, color="gray", lw=0.5)
        axis.set(yscale="log", xlabel="evaluation", ylabel="action / least action - 1")
        axis.set_title(title, fontsize=8)
    side_legend(figure, axes)
    keep(figure, path)


def path_height(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """One panel for each pair of endpoints: -log p minus its value at the start, along the path
    (N + 1,) of each method, against the length."""
    figure, axes = panel_row(len(panels), SIZE)
    for axis, (title, works) in zip(axes, panels.items(), strict=True):
        for name, work in works.items():
            fractions = [i / (len(work) - 1) for i in range(len(work))]
            axis.plot(fractions, -work, color=f"C{METHODS.index(name)}", label=name)
        axis.set(xlabel="fraction of the length", ylabel="-log p above the start, nats")
        axis.set_title(title, fontsize=8)
    axes[0].legend(frameon=False, fontsize=7)
    keep(figure, path)
