"""What methods are called in figures, and the colour and marker of each: the same in all of them.

A method that is not listed here has its own name, and a colour that no other one in the figure has.
"""

from collections.abc import Iterable

BLUE, ORANGE, GREEN, RED, PINK, BROWN, GRAY, SKY, OLIVE, NAVY, LIME, GOLD = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#8c564b", "#7f7f7f", "#56b4e9",
    "#8a8d0f", "#1b1f6b", "#7ac51b", "#c9a400",
)  # fmt: skip
BLACK = "black"
SPARE = (BLUE, ORANGE, GREEN, RED, PINK, BROWN, SKY, OLIVE, NAVY, LIME, GOLD, GRAY, BLACK)
MARKERS = "os^vDPX*hd<>p"
STYLES = {  # method: words, colour, marker; a colour may come again in another kind
    # objectives, and the closed form
    "ddpm": ("DDPM", BLUE, "o"),
    "dddm": ("DDDM", ORANGE, "s"),
    "oracle": ("exact posterior samples", GRAY, "D"),
    # networks
    "network": ("network", BLUE, "o"),
    "exact law": ("exact law", GRAY, "D"),
    "withheld": ("network without the class", RED, "s"),
    # samplers
    "ddim": ("DDIM", BLUE, "o"),
    "ancestral": ("ancestral", GREEN, "^"),
    "heun": ("Heun", RED, "v"),
    "dpmpp": ("DPM-Solver++", PINK, "D"),
    "unipc": ("UniPC", BROWN, "P"),
    "adams": ("Adams-Bashforth-Moulton", OLIVE, "X"),
    "edm": ("EDM, stochastic", NAVY, "h"),
    "boost": ("Boost-and-Skip", SKY, "<"),
    # guidance
    "plain": ("unguided", BLACK, "o"),
    "unguided": ("unguided", BLACK, "o"),
    "ibg": ("IBG", BLUE, "o"),
    "reversed": ("IBG, reversed", ORANGE, "s"),
    "random": ("random direction", GREEN, "^"),
    "fresh": ("random direction, new at each step", LIME, "v"),
    "minus_score": ("towards low density", PINK, "D"),
    "temperature": ("temperature", BROWN, "P"),
    "sgms": ("self-guided minority sampling", RED, "X"),
    "mue": ("MUE", OLIVE, "*"),
    "mue_sparse": ("MUE, 9 steps guided", GOLD, "h"),
    "cfg": ("classifier-free guidance", NAVY, "p"),
    # density ratios, and pairs of models
    "disc": ("ratio by logistic loss", BLUE, "o"),
    "dv": ("ratio by Donsker-Varadhan", ORANGE, "s"),
    "kliep": ("ratio by KLIEP", GREEN, "^"),
    "rulsif": ("ratio by RuLSIF", RED, "v"),
    "ulsif": ("ratio by uLSIF", PINK, "D"),
    "exact": ("exact ratio", BROWN, "P"),
    "exact_law": ("exact ratio, exact denoiser", BLACK, "X"),
    "instance": ("ratio of single images", NAVY, "<"),
    "same_t": ("ratio of two noised images", LIME, ">"),
    "drawn": ("y drawn by the other model", OLIVE, "*"),
    "joint": ("x and y drawn together", SKY, "h"),
    "turned": ("turned x for upright y", GRAY, "d"),
    "unguided_turned": ("turned x, unguided", BLACK, "d"),
}  # fmt: skip
WORDS = {  # what has no colour of its own
    "unet": "U-Net", "dit": "transformer", "mlp": "MLP", "mlp_ensemble": "MLPs",
    "exact": "exact law", "mean": "posterior mean by averaging", "ratio": "ratio guidance",
    "autoguidance": "autoguidance", "interval": "guidance in an interval",
}  # fmt: skip


def words(method: str) -> str:
    """What a method is called in figures."""
    return STYLES[method][0] if method in STYLES else WORDS.get(method, method.replace("_", " "))


def styled(methods: Iterable[str]) -> dict[str, dict[str, str]]:
    """The colour and the marker of each method, for matplotlib; those of methods that are not known
    are none of the others', for up to 13 of them."""
    names = [*dict.fromkeys(methods)]
    taken = {STYLES[name][1] for name in names if name in STYLES}
    spare = iter([*(colour for colour in SPARE if colour not in taken), *taken])
    marks = iter(MARKERS)
    return {
        name: dict(zip(("color", "marker"), STYLES[name][1:], strict=True))
        if name in STYLES
        else {"color": next(spare), "marker": next(marks)}
        for name in names
    }
