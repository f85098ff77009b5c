"""Labels and colours of the methods that find paths, the same in all pictures."""

METHODS = {  # method: its label and its colour
    "line": ("straight line", "black"),
    "slerp": ("great circle", "tab:brown"),
    "noise": ("through noise", "tab:pink"),
    "hamiltonian": ("Hamiltonian motion", "tab:blue"),
    "string": ("minimum energy path", "tab:orange"),
    "instanton": ("instanton", "tab:red"),
}
STYLES = {"goal": "-", "reached": "-", "tangent": "--", "thermal": ":", "chord": "-."}


def label(method: str, target: str = "goal") -> str:
    """The label of a path by a method to a target: a Hamiltonian motion has its initial velocity,
    other paths whether they lead to its end."""
    name = METHODS[method][0]
    if target in ("goal", "reached") and (method == "hamiltonian" or target == "goal"):
        return name
    return f"{name}, {target}" if method == "hamiltonian" else f"{name} to its end"
