"""The line within an epoch: how far, how fast, how long."""

import io
import re

import pytest

pytest.importorskip("keras")

from alexnet_tutorial.training import Progress


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), Screen()])
def test_a_long_epoch_says_how_far_it_is(stream, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    progress = Progress(stream, pictures=1000)
    progress.set_params({"epochs": 12, "steps": 10})
    progress.on_train_begin()
    progress.on_epoch_begin(2)  # a training that goes on: two epochs were done before
    for step in range(3):
        now[0] += 100
        progress.on_train_batch_end(step)
    shown = re.split(r"[\r\n]", stream.getvalue().strip())
    assert len(shown) == 3
    # 100 steps in all at 100 seconds each, of which 3 are done.
    assert (
        "epoch 3 of at most 12: 300 of 1,000 pictures, 1 a second, at most 2.7 h left" in shown[-1]
    )
    progress.on_epoch_end(2, {"loss": 0.5})
    assert "\x1b" not in stream.getvalue() or stream.isatty()


def test_a_short_epoch_says_nothing_within():
    stream = Screen()
    progress = Progress(stream, pictures=100)
    progress.set_params({"epochs": 2, "steps": 4})
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    for step in range(4):
        progress.on_train_batch_end(step)
    assert stream.getvalue() == ""
