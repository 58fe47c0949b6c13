"""Many devices: the same losses however they are divided, what is sent, deaths, bad input.

Virtual CPU devices and several processes need a JAX that has not started yet. So this file is a
program too: ``python test_devices.py JOB`` does a job and prints what came of it as JSON.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from alexnet_tutorial.network import build
from alexnet_tutorial.pictures import Batches, Split
from alexnet_tutorial.shapes import ledger
from alexnet_tutorial.shapes.architecture import (
    LRN,
    Activation,
    Architecture,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Pool,
)
from alexnet_tutorial.training import Checkpoint, devices

TINY = Architecture(
    "tiny",
    17,
    (
        Conv("conv1", 8, 3, strides=2, activation=None),
        LRN("lrn1", groups=2),
        Activation("relu1"),
        Conv("conv2", 8, 3, padding=1, groups=2),
        Pool("pool2", 2, strides=2),
        Conv("conv3", 16, 3, padding=1),
        Conv("conv4", 8, 3, padding=1, groups=2),
        Flatten("flatten"),
        Dense("fc6", 16),
        Dropout("drop6", 0.1),
        Dense("fc7", 24),
        Dropout("drop7", 0.1),
        Dense("fc8", 5, activation="softmax"),
    ),
)
LAYOUTS = ("data_parallel", "towers", "one_weird_trick")
BATCH, STEPS, EPOCHS = 16, 10, 2  # 20 steps in all
WITHIN = 60  # seconds in which a process notices that another has died


# ---- What the processes do ------------------------------------------------------------------


def pictures(count=BATCH * STEPS, different=BATCH):
    """A few pictures again and again: noise, which a network can only memorize."""
    few = np.random.default_rng(0).integers(0, 256, (different, 17, 17, 3), "uint8")
    which = np.arange(count) % different
    return Split(few[which], which % 5)


def layout_of(name, count=None):
    found = keras.distribution.list_devices()[:count]
    make = getattr(devices, name)
    return make(found) if name == "data_parallel" else make(TINY, found)


def compiled(name, network=TINY):
    model = build(network, groups="products" if name == "towers" else "towers", seed=1)
    # No momentum that hides a wrong gradient, a rate at which 20 steps go somewhere.
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "sparse_categorical_crossentropy")
    return model


class EachStep(keras.callbacks.Callback):
    """Keeps the loss of every step; can end its process at one."""

    def __init__(self, die_at=None):
        super().__init__()
        self.losses, self.die_at = [], die_at

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()
        if self.die_at == len(self.losses):
            os.kill(os.getpid(), signal.SIGKILL)

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def trained(layout, name, batches, folder=None, die_at=None):
    """The losses of all steps, and the shapes of the kernels that one device holds."""
    keras.distribution.set_distribution(layout)
    model, steps = compiled(name), EachStep(die_at)
    shown = batches if layout is None else devices.Share(batches)
    turn = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    used = [turn, steps] if folder is None else [turn, steps, Checkpoint(folder, batches)]
    model.fit(shown, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=used)
    kernels = {
        layer.name: layer.kernel.value.addressable_shards[0].data.shape
        for layer in model.layers
        if layer.weights and layout is not None
    }
    return {"losses": steps.losses, "kernels": kernels}


def batches_of(**options):
    return Batches(pictures(), 17, 5, batch_size=BATCH, augmentation=None, seed=3, **options)


def virtual_job():
    found = {"alone": trained(None, "alone", batches_of())}
    for name in LAYOUTS:
        for count in (2, 4, 8):
            found[f"{name} {count}"] = trained(layout_of(name, count), name, batches_of())
        with layout_of(name, 2).scope():
            program = devices.training_step(compiled(name), BATCH)
        sent = devices.exchanges(program, 2)
        found[f"{name} sent"] = [[one.kind, one.layers, one.backward, one.sent] for one in sent]
    found["refused"] = [refused(*case) for case in bad_layouts()]
    return found


def joined_job(layouts, folder=None, die_at=None):
    with devices.together():
        return {
            name: trained(layout_of(name), name, batches_of(), folder, die_at) for name in layouts
        }


def disagreeing_job():
    with devices.together():
        devices.agreed(7 * devices.place()[0], "the epoch to go on from")


def mirrored_job():
    """Data parallel on TensorFlow; without dropout, which draws anew on each of its devices."""
    import tensorflow as tf

    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    still = replace(
        TINY, layers=[replace(x, rate=0.0) if x.kind == "dropout" else x for x in TINY.layers]
    )
    found, (x, y) = {}, (pictures().x / np.float32(255), pictures().y)
    for name, scope in (("alone", contextlib.nullcontext()), ("mirrored", mirrored.scope())):
        with scope:
            model = compiled("alone", still)
        steps = EachStep()
        options = {"batch_size": BATCH, "shuffle": False, "verbose": 0, "callbacks": [steps]}
        model.fit(x, y, epochs=EPOCHS, **options)
        found[name] = steps.losses
    return found | {"replicas": mirrored.num_replicas_in_sync}


def bad_layouts():
    """(what is asked for, arguments) that have to be refused."""
    without = replace(
        TINY, layers=[replace(x, groups=1) if hasattr(x, "groups") else x for x in TINY.layers]
    )
    three = keras.distribution.list_devices()[:3]
    odd = replace(
        TINY, layers=[replace(x, units=15) if x.name == "fc6" else x for x in TINY.layers]
    )
    yield devices.towers, without
    yield devices.towers, TINY, three
    yield devices.towers, odd, three[:2]
    yield devices.one_weird_trick, TINY, three
    yield devices.one_weird_trick, replace(TINY, layers=(*TINY.layers[:8], TINY.layers[-1]))
    yield devices.Share, batches_of(), devices.data_parallel(three)
    keras.distribution.set_distribution(None)
    yield devices.Share, batches_of()
    address = "10.0.0.1:5000"
    yield entered, address, 3, 3
    yield entered, f"{address},10.0.0.2:5000", 3, 0
    yield entered, "10.0.0.1", 2, 0
    yield entered, address, 2


def entered(*arguments):
    with devices.together(*arguments):
        pass


def refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return "not refused"


# ---- Starting them --------------------------------------------------------------------------


def start(environment, count, job, *arguments, **variables):
    flags = f"{environment['XLA_FLAGS']} --xla_force_host_platform_device_count={count}"
    return subprocess.Popen(
        [sys.executable, __file__, json.dumps([job, *arguments])],
        env={**environment, "XLA_FLAGS": flags, "no_proxy": "127.0.0.1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """What a job printed, when it went well."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])


def start_pair(environment, *job, second=()):
    """Two processes of two devices each; the arguments of the second may be others."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    return [
        start(
            environment,
            2,
            *(second if number and second else job),
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(number),
        )
        for number in (0, 1)
    ]


@pytest.fixture(scope="module")
def virtual(jax_environment):
    """What eight virtual devices came to."""
    return ended(start(jax_environment, 8, "virtual_job"))


@pytest.fixture(scope="module")
def pair(jax_environment):
    """What each of two processes came to."""
    return [*map(ended, start_pair(jax_environment, "joined_job", LAYOUTS))]


# ---- The tests ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYOUTS)
def test_losses_are_those_of_one_device(virtual, name):
    alone = virtual["alone"]["losses"]
    assert len(alone) == 20 and np.mean(alone[-5:]) < np.log(5) - 0.1  # better than guessing
    for count in (2, 4, 8):
        np.testing.assert_allclose(virtual[f"{name} {count}"]["losses"], alone, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_every_device_holds_its_part_of_the_weights(virtual):
    whole = {row.name: row for row in ledger(TINY) if row.parameters}
    for name in LAYOUTS:
        for count in (2, 4, 8):
            held = virtual[f"{name} {count}"]["kernels"]
            kernels = compiled("alone")
            for layer in whole:
                shape = list(kernels.get_layer(layer).kernel.shape)
                dense = len(shape) == 2
                axis = 0 if layer == "fc8" else -1
                if name == "towers":
                    shape[axis] //= 2
                if name == "one_weird_trick" and dense:
                    shape[axis] //= count
                assert held[layer] == shape, (name, count, layer)


@pytest.mark.slow
def test_what_is_sent_is_what_the_ledger_counts(virtual):
    """On two devices, in bytes that each sends; worked out from shapes, not from programs."""
    book = ledger(TINY)

    def half(layer):
        return 4 * BATCH * int(np.prod(book[layer].input)) // 2

    def sent(name):
        return sorted((kind, *layers, back, size) for kind, layers, back, size in virtual[name])

    classes = 4 * BATCH * 5
    assert sent("towers sent") == sorted(
        [
            ("all-gather", "conv3", False, half("conv3")),
            ("all-gather", "flatten", False, half("fc6")),
            ("all-gather", "fc7", False, half("fc7")),
            ("all-reduce", "fc8", False, classes),
            ("all-reduce", "fc7", True, 2 * half("fc7")),
            ("all-reduce", "fc6", True, 2 * half("fc6")),
            ("all-reduce", "conv3", True, 2 * half("conv3")),
        ]
    )
    every = 4 * book.parameters
    assert sum(size for *_, size in virtual["data_parallel sent"]) == every + 4  # and the loss
    trick = virtual["one_weird_trick sent"]
    gathered = {layers[0]: size for kind, layers, back, size in trick if kind == "all-gather"}
    assert gathered.pop("fc8") == classes // 2  # gradients of the outputs, of all pictures
    assert gathered == {"flatten": half("fc6"), "fc7": half("fc7")}
    (gradients,) = [size for _, layers, _, size in trick if "conv1" in layers]
    convolutions = 4 * sum(row.parameters for row in book if row.kind == "conv")
    assert gradients == convolutions + 4 * 5  # and the biases of fc8


@pytest.mark.slow
def test_two_processes_come_to_the_same(virtual, pair):
    for found in pair:
        for name in LAYOUTS:
            np.testing.assert_allclose(
                found[name]["losses"], virtual["alone"]["losses"], rtol=0, atol=1e-5
            )
    assert pair[0]["one_weird_trick"]["kernels"]["fc7"] == [16, 6]  # a quarter of 24 units


@pytest.mark.slow
def test_a_death_stops_the_others_and_all_go_on_from_the_checkpoint(
    jax_environment, pair, tmp_path
):
    job = "joined_job", ["one_weird_trick"], str(tmp_path)
    first, second = start_pair(jax_environment, *job, second=(*job, STEPS + 3))
    second.communicate()
    died = time.monotonic()
    _, errors = first.communicate(timeout=WITHIN)
    assert time.monotonic() - died < WITHIN
    assert second.returncode == -signal.SIGKILL and first.returncode not in (0, None)
    assert "process 0 of 2 has lost the others" in errors, errors[-3000:]
    assert "Start all of them again" in errors
    assert json.loads((tmp_path / "history.json").read_text())["loss"]
    for found in map(ended, start_pair(jax_environment, *job)):
        losses = found["one_weird_trick"]["losses"]
        assert len(losses) == STEPS  # the second epoch alone
        np.testing.assert_allclose(losses, pair[0]["one_weird_trick"]["losses"][STEPS:], atol=1e-6)


@pytest.mark.slow
def test_processes_that_go_on_from_other_epochs_refuse(jax_environment):
    # The one that ends first may take the other along before it has said so too.
    both = start_pair(jax_environment, "disagreeing_job")
    said = [process.communicate(timeout=WITHIN)[1] for process in both]
    assert all(process.returncode for process in both)
    assert any("to go on from differs between processes: 0, 7" in errors for errors in said), said


@pytest.mark.slow
def test_mirrored_devices_of_tensorflow_come_to_the_same(jax_environment):
    found = ended(start(jax_environment, 1, "mirrored_job", KERAS_BACKEND="tensorflow"))
    assert found["replicas"] == 2 and len(found["alone"]) == 20
    np.testing.assert_allclose(found["mirrored"], found["alone"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("parts", "processes"), [(4, 2), (2, 4), (4, 4), (8, 1), (1, 2)])
def test_the_shares_of_all_processes_make_up_the_batch(monkeypatch, parts, processes):
    many = 2 * BATCH + 7
    batches = Batches(pictures(many, many), 17, 5, batch_size=BATCH, augmentation=None)
    mesh = SimpleNamespace(shape=(parts, 2), axis_names=("batch", "tower"))
    layout = SimpleNamespace(device_mesh=mesh, batch_dim_name="batch")
    shares = []
    for process in range(processes):
        monkeypatch.setattr(devices, "place", lambda process=process: (process, processes))
        shares.append(devices.Share(batches, layout))
    each = max(1, processes // parts)  # processes that hold one model together read the same
    for step in range(len(shares[0])):
        x, y = batches[step]
        read = [share[step] for share in shares]
        kept = len(y) - len(y) % parts
        for axis, whole in enumerate((x, y)):
            parted = [pair[axis] for pair in read]
            assert np.array_equal(np.concatenate(parted[::each]), whole[:kept])
            assert np.array_equal(parted[0], parted[each - 1])
    assert len(shares[0]) == (2 if parts > 7 else 3)


def test_without_jax_layouts_and_processes_say_what_to_do():
    if keras.backend.backend() == "jax":
        pytest.skip("the backend is JAX")
    for ask in (lambda: devices.towers(TINY), lambda: entered("10.0.0.1:5000", 2, 0)):
        with pytest.raises(ValueError, match="KERAS_BACKEND to jax before Keras is imported"):
            ask()


@pytest.mark.slow
def test_bad_layouts_and_places_are_refused_before_anything_starts(virtual):
    expected = (
        "network 'tiny' has no groups",
        "3 devices cannot hold 2 towers",
        "layer 'fc6': 2 towers do not divide its 15 units",
        "layer 'fc6': 3 devices do not divide its 16 units",
        "has 1 dense layers",
        "3 devices do not divide a batch of 16 pictures.* multiple of 3, such as 18",
        "no layout is set",
        "process 3 of 3: they are counted from 0 to 2",
        "3 processes and 2 addresses",
        "'10.0.0.1' is no address of a process",
        "this process None: all three are needed",
    )
    assert len(virtual["refused"]) == len(expected)
    for said, wanted in zip(virtual["refused"], expected, strict=True):
        assert re.search(wanted, said), (wanted, said)


if __name__ == "__main__":
    name, *arguments = json.loads(sys.argv[1])
    print(json.dumps(globals()[name](*arguments)))
