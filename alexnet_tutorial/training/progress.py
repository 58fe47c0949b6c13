"""Show how a training goes: one line that renews itself, and a small curve."""

import html
import sys
import time
from typing import TextIO

import keras

from alexnet_tutorial.pictures.download import clock


def _notebook():
    """Whether a Jupyter kernel (Colab's too) runs this."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


class Clock(keras.callbacks.Callback):
    """Adds the time of each epoch to its logs, beside loss and accuracy, and so to the history.

    ``seconds`` is the time on the clock, ``cpu_seconds`` the computing time of all cores.

    Example:
        >>> logs, clock = {}, Clock()
        >>> clock.on_epoch_begin(0)
        >>> clock.on_epoch_end(0, logs)
        >>> sorted(logs)
        ['cpu_seconds', 'seconds']
    """

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        self._started = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        if logs is not None:
            logs["seconds"] = time.perf_counter() - self._started[0]
            logs["cpu_seconds"] = time.process_time() - self._started[1]


class Progress(keras.callbacks.Callback):
    """Shows how training goes: one line that renews itself, with a small curve, in a notebook.

    In a terminal it is one line for each epoch, and within a long one a line that renews itself,
    with pictures a second and the time left; written to a file, a line now and then. Use it with
    ``fit(..., verbose=0)``.

    Args:
        stream: Where lines go outside a notebook (default: the error stream).
        every: Epochs between two lines where no one looks on.
        pictures: How many an epoch shows; None says nothing within an epoch.
    """

    LOOKED_AT, LOGGED = 1.0, 60.0  # seconds between two lines within an epoch

    def __init__(  # noqa: D107
        self, stream: TextIO | None = None, every: int = 5, pictures: int | None = None
    ):
        super().__init__()
        self.stream, self.every, self.pictures = stream, every, pictures

    def on_train_begin(self, logs: dict | None = None) -> None:  # noqa: D102
        self._start = time.perf_counter()
        self._rows: list[tuple[int, dict]] = []
        self._display, self._over = None, False
        self._last: int | None = None
        self._epoch, self._first = 0, -1  # of those that ran in this training
        self._said, self._live = self._start, False  # when a line was shown; whether it stands open
        if _notebook():
            from IPython.display import display

            self._display = display(self, display_id=True)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        self._epoch = epoch
        self._first = epoch if self._first < 0 else self._first

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:  # noqa: D102
        if self._display is not None or not self.pictures or not self.params.get("steps"):
            return
        stream, now = self.stream or sys.stderr, time.perf_counter()
        seen = stream.isatty()
        if now - self._said < (self.LOOKED_AT if seen else self.LOGGED):
            return
        self._said, self._live = now, seen
        line = self._within(batch + 1, now - self._start)
        print(
            f"\r{line}\x1b[K" if seen else line, end="" if seen else "\n", file=stream, flush=True
        )

    def _within(self, step, seconds):
        """How far the epoch is, and how long the rest takes at the pace so far."""
        steps, epochs = self.params["steps"], self.params["epochs"]
        done = (self._epoch - self._first) * steps + step  # since this training began or went on
        left = seconds / done * ((epochs - self._first) * steps - done)
        shown = min(round(self.pictures * step / steps), self.pictures)
        return (
            f"epoch {self._epoch + 1} of at most {epochs}: {shown:,} of {self.pictures:,} "
            "pictures, "
            f"{self.pictures * done / steps / seconds:,.0f} a second, at most {clock(left)} left"
        )

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: D102
        self._rows.append((epoch + 1, dict(logs or {})))
        if self._display is not None:
            self._display.update(self)
            return
        stream = self.stream or sys.stderr
        seen = stream.isatty()
        if seen or epoch % self.every == 0 or epoch + 1 == self.params["epochs"]:
            self._last = epoch
            self._said = time.perf_counter()
            print(f"\r{self}\x1b[K" if self._live else self, file=stream, flush=True)
            self._live = False

    def on_train_end(self, logs: dict | None = None) -> None:  # noqa: D102
        self._over = True
        if self._display is not None and not self._rows:
            self._display.update(self)
        if self._display is None and self._rows and self._last != self._rows[-1][0] - 1:
            print(self, file=self.stream or sys.stderr, flush=True)

    def __repr__(self) -> str:
        """Return the present line."""
        if not getattr(self, "_rows", None):
            over = getattr(self, "_over", False)
            return "no epoch was left to run" if over else "training: the first epoch is running"
        epoch, logs = self._rows[-1]
        parts = [f"epoch {epoch} of at most {self.params['epochs']}", f"loss {logs['loss']:.3f}"]
        if "accuracy" in logs:
            parts.append(f"accuracy {logs['accuracy']:.1%}")
        if "val_loss" in logs:
            parts.append(f"validation loss {logs['val_loss']:.3f}")
        if "val_accuracy" in logs:
            parts.append(f"accuracy {logs['val_accuracy']:.1%}")
        parts.append(f"{time.perf_counter() - self._start:.0f} s")
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        line = html.escape(repr(self))
        curve = self._curve() if getattr(self, "_rows", None) else ""
        return f'<div style="font-variant-numeric:tabular-nums">{line}<br>{curve}</div>'

    def _curve(self, width=320, height=48):
        """Loss in training and in validation as two small lines."""
        from alexnet_tutorial.figures import COLORS

        losses = {
            name: [logs[name] for _, logs in self._rows if name in logs]
            for name in ("loss", "val_loss")
        }
        top = max(max(values, default=0) for values in losses.values()) or 1
        steps = max(self.params["epochs"] - 1, 1)
        lines = []
        for name, color in (("loss", COLORS["blue"]), ("val_loss", COLORS["orange"])):
            points = " ".join(
                f"{2 + (epoch - 1) * (width - 4) / steps:.1f},"
                f"{2 + (height - 4) * (1 - value / top):.1f}"
                for (epoch, _), value in zip(self._rows, losses[name], strict=False)
            )
            if not losses[name]:
                continue
            lines.append(
                f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
            )
        alt = "Loss so far, in training and in validation; the numbers stand above."
        return (
            f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'aria-label="{alt}"><path d="M2 {height - 2}H{width - 2}" stroke="currentColor" '
            f'stroke-width="0.5"/>{"".join(lines)}</svg>'
        )
