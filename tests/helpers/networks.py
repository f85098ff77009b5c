"""The configuration of a small network, as a model's folder holds it."""

UNET = {
    "size": "small", "small": [8, 16], "classic": [16], "layers": 1,
    "attention": True, "fold": 2, "precision": "float32",
}  # fmt: skip


def config(net="unet", **numbers):
    shapes = {"train": [1, 1, 28, 28]}
    given = {"net": net, "numbers": numbers, "shapes": shapes, "schedule": "cosine"}
    return given | {"predict": "v"}
