"""Energy of motions, descent of the action, and -log p along paths."""

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from torch import Tensor

from scorefield.core.results import MotionEnergy
from scorefield.plots.canvas import keep, panel_row, side_legend
from scorefield.plots.names import styled
from scorefield.plots.path_styles import METHODS

SIZE = (3.2, 3.0)  # of a panel


def path_energy(panels: dict[str, MotionEnergy], path: str) -> None:
    """One panel for each pair of endpoints: kinetic energy, potential and their sum; in the inset,
    the change of the sum as a share of the largest kinetic energy."""
    figure, axes = panel_row(len(panels), SIZE)
    for axis, (title, motion) in zip(axes, panels.items(), strict=True):
        axis.plot(motion.kinetic, color="C0", label="kinetic energy")
        potential = motion.energy - motion.kinetic
        axis.plot(potential, color="C1", label="potential -log p, relative to the start")
        axis.plot(motion.energy, color="black", lw=1, label="their sum")
        low, high = axis.get_ylim()
        axis.set_ylim(low, high + 0.7 * (high - low))
        inset = axis.inset_axes((0.3, 0.72, 0.68, 0.24))
        inset.plot((motion.energy - motion.energy[0]) / motion.kinetic.max(), color="black", lw=1)
        inset.set_title("change of the sum / largest kinetic energy", fontsize=6, pad=2)
        inset.tick_params(labelsize=6, labelbottom=False)
        axis.set_title(title, fontsize=8)
        axis.set(xlabel="step of the motion", ylabel="energy, nats")
    equal_scales(axes, panels)
    side_legend(figure, axes)
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
            axis.plot(above.clamp_min(1e-4), color=styles[name]["color"], label=f"from {name}")
        axis.axhline(0.01, color="gray", lw=0.5, label="1 %")
        axis.set(yscale="log", xlabel="evaluations of the path", ylabel="(action - least) / least")
        axis.set_title(title, fontsize=8)
    equal_scales(axes, panels)
    side_legend(figure, axes)
    keep(figure, path)


def path_height(panels: dict[str, dict[str, Tensor]], path: str) -> None:
    """One panel for each pair of endpoints: -log p minus its value at the start, along the path
    (N + 1,) of each method, against the length."""
    figure, axes = panel_row(len(panels), SIZE)
    for axis, (title, works) in zip(axes, panels.items(), strict=True):
        for name, work in works.items():
            fractions = [i / (len(work) - 1) for i in range(len(work))]
            axis.plot(fractions, -work, color=METHODS[name][1], label=METHODS[name][0])
        axis.set(xlabel="fraction of the length", ylabel="-log p above the start, nats")
        axis.set_title(title, fontsize=8)
    equal_scales(axes, panels)
    side_legend(figure, axes)
    keep(figure, path)


def equal_scales(axes: Sequence[Axes], titles: Iterable[str]) -> None:
    """The same vertical axis for all panels of one noise level, which ends their titles."""
    groups: dict[str, list[Axes]] = {}
    for axis, title in zip(axes, titles, strict=True):
        groups.setdefault(title.rsplit(", ", 1)[-1], []).append(axis)
    for group in groups.values():
        lows, highs = zip(*(axis.get_ylim() for axis in group), strict=True)
        for axis in group:
            axis.set_ylim(min(lows), max(highs))
