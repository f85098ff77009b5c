"""The time of single training steps."""

import time

STEP = ("loss", "grad_norm", "lr")  # what is known of each step, besides its time


class Clock:
    """Images a second of the steps that this process took since the last validation. They are for
    MLflow alone: no output holds a time."""

    def __init__(self) -> None:
        self.last, self.rates = time.perf_counter(), list[float]()

    def tick(self, images: int) -> None:
        """A step on so many images has ended."""
        now = time.perf_counter()
        self.rates.append(images / max(now - self.last, 1e-9))
        self.last = now

    def joined(self, recent: list[list[float]]) -> list[dict[str, float]]:
        """What is known of each step, with its rate where this process took it; the clock begins
        anew."""
        rows = [dict(zip(STEP, values, strict=True)) for values in recent]
        for row, rate in zip(reversed(rows), reversed(self.rates), strict=False):
            row["images_per_second"] = rate
        self.rates = []
        return rows
