"""What starts a chapter: its budget, its seed, a quiet error stream; what it says of its run."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from alexnet_tutorial.session import building, expect


def started(**environment):
    return subprocess.run(
        [sys.executable, "-c", "from alexnet_tutorial.session import start; print(start(seed=3))"],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
def test_start_prints_versions_and_leaves_the_error_stream_empty():
    done = started(ALEXNET_TUTORIAL_BUDGET="gpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "gpu"
    for word in ("Python", "Keras", "NumPy", "budget: gpu", "seed: 3"):
        assert word in done.stdout
    assert done.stderr == ""


def test_unknown_budget_is_refused_and_the_known_are_named():
    done = started(ALEXNET_TUTORIAL_BUDGET="tpu")
    assert done.returncode == 1
    assert "'tpu'" in done.stderr and "cpu, gpu" in done.stderr


def test_chatter_is_held_back_and_errors_are_not():
    program = (
        "import os\n"
        "from alexnet_tutorial.session import without_chatter\n"
        "with without_chatter():\n"
        "    os.write(2, b'I0000 oneDNN custom operations are on. You may see\\n')\n"
        "    os.write(2, b'E0000 something is really wrong\\n')\n"
        "os.write(2, b'after\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines() == ["E0000 something is really wrong", "after"]


def test_chatter_does_not_swallow_an_exception():
    program = (
        "from alexnet_tutorial.session import without_chatter\n"
        "with without_chatter():\n    raise ImportError('no backend')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1 and "ImportError: no backend" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86 processor")
@pytest.mark.parametrize(
    ("setting", "works"), [({}, True), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, False)]
)
def test_onednn_is_on_unless_it_was_switched_off(setting, works):
    # TensorFlow's own convolution has no channels_first on a CPU: only oneDNN's has.
    program = (
        "from alexnet_tutorial.session import import_keras\n"
        "import_keras()\n"
        "import tensorflow as tf\n"
        "with tf.device('CPU'):\n"
        "    maps, kernel = tf.ones((1, 3, 8, 8)), tf.ones((3, 3, 3, 2))\n"
        "    print(tf.nn.conv2d(maps, kernel, 1, 'VALID', 'NCHW').shape)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment | setting
    )
    assert ("(1, 2, 6, 6)" in done.stdout) is works, done.stderr
    assert ("only supports the NHWC" in done.stderr) is not works


@pytest.mark.slow
def test_start_seeds_every_source_of_random_numbers():
    program = (
        "import random, numpy, keras\n"
        "from alexnet_tutorial.session import start\n"
        "def draw(seed):\n"
        "    start(seed)\n"
        "    return random.random(), numpy.random.rand(), float(keras.random.normal(()))\n"
        "assert draw(1) == draw(1) != draw(2)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_reader_is_told_and_goes_on(capsys, monkeypatch):
    monkeypatch.delenv("ALEXNET_TUTORIAL_BUILD", raising=False)
    expect(np.bool_(True), "It holds.")
    assert not building() and capsys.readouterr().out == ""
    expect(np.bool_(False), "Tanh needs more epochs.")
    assert "differently" in (said := capsys.readouterr().out) and "Tanh needs more epochs." in said


@pytest.mark.parametrize(("value", "insists"), [("1", True), ("0", False), ("", False)])
def test_the_build_stops(value, insists, monkeypatch):
    monkeypatch.setenv("ALEXNET_TUTORIAL_BUILD", value)
    assert building() is insists
    expect(True, "It holds.")
    if insists:
        with pytest.raises(AssertionError, match="no longer true: Tanh needs more"):
            expect(False, "Tanh needs more epochs.")
    else:
        expect(False, "Tanh needs more epochs.")
