"""Many devices: who holds what, who reads which pictures, several processes, and what is sent.

The work is done by Keras's distribution API on JAX: XLA divides each operation and adds the
exchanges. Here are layouts for it, the share of a batch that one process reads, how processes
find each other, and a way to read the exchanges from the compiled program.

The layouts are made before the model is, and the model inside ``layout.scope()``.
"""

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import keras
import numpy as np

from alexnet_tutorial.pictures.batches import Batches
from alexnet_tutorial.shapes.architecture import Architecture, Conv, Dense, Layer

Layout: TypeAlias = keras.distribution.DataParallel | keras.distribution.ModelParallel


def data_parallel(devices: Sequence[str] | None = None) -> keras.distribution.DataParallel:
    """Give every device all weights and an equal part of each batch.

    Args:
        devices: Names of Keras, such as ``"gpu:0"``; None: all there are, in all processes.

    Returns:
        A layout for Keras's distribution API.

    Raises:
        ValueError: Keras does not run on JAX.
    """
    mesh = _mesh(devices, 1, ("batch",), "data_parallel")
    return keras.distribution.DataParallel(device_mesh=mesh, auto_shard_dataset=False)


def towers(
    network: Architecture, devices: Sequence[str] | None = None
) -> keras.distribution.ModelParallel:
    """Lay the groups of a network on devices side by side, as the two cards of 2012.

    Every convolution and dense layer is cut by its filters or units, the last dense layer by what
    it reads, so that the devices add up their parts (Krizhevsky, Sutskever and Hinton, 2012,
    section 3.2). Where there are more devices than groups, they divide each batch as well. Build
    the model with ``groups="products"``: XLA cannot divide a convolution with groups.

    Args:
        network: The description; its largest ``groups`` says how many towers there are.
        devices: As :func:`data_parallel`.

    Returns:
        A layout with the axes ``"batch"`` and ``"tower"``.

    Raises:
        ValueError: Keras does not run on JAX; the network has no groups; they do not divide the
            devices, or the filters or units of a layer.
    """
    count = max(getattr(layer, "groups", 1) for layer in network.layers)
    if count == 1:
        raise ValueError(
            f"network {network.name!r} has no groups, so there are no towers to lay side by side. "
            "Take data_parallel or one_weird_trick, or a variant with groups, such as alexnet-2012."
        )
    mesh = _mesh(devices, count, ("batch", "tower"), "towers")
    layout = keras.distribution.LayoutMap(mesh)
    *cut, last = _with_weights(network)
    for layer in cut:
        _check_divides(network, layer, count, "towers")
        axes = (None,) * (3 if isinstance(layer, Conv) else 1)
        layout[f"{layer.name}/kernel"] = (*axes, "tower")
        layout[f"{layer.name}/bias"] = ("tower",)
    layout[f"{last.name}/kernel"] = ("tower", None)
    return _model_parallel(layout)


def one_weird_trick(
    network: Architecture, devices: Sequence[str] | None = None
) -> keras.distribution.ModelParallel:
    """Divide convolutions by pictures and dense layers by units.

    Convolutions have few weights and much work, dense layers many weights and little work. So
    for the first each device reads a part of the batch, and only their few gradients are added
    up; for the second it holds a part of the units and reads the whole batch (Krizhevsky, 2014,
    arXiv:1404.5997, section 3; this is its first scheme, in which all pictures are exchanged at
    once).

    Args:
        network: The description.
        devices: As :func:`data_parallel`.

    Returns:
        A layout with the axis ``"batch"``, along which dense layers are cut too.

    Raises:
        ValueError: Keras does not run on JAX; the network has a single dense layer; the devices do
            not divide the units of a dense layer.
    """
    mesh = _mesh(devices, 1, ("batch",), "one_weird_trick")
    dense = [layer for layer in _with_weights(network) if isinstance(layer, Dense)]
    if len(dense) < 2:
        raise ValueError(
            f"network {network.name!r} has {len(dense)} dense layers, and the trick divides all "
            "but the last. Take data_parallel."
        )
    layout = keras.distribution.LayoutMap(mesh)
    names = [layer.name for layer in network.layers]
    *cut, last = dense
    before = names[names.index(cut[0].name) - 1]
    layout[f"{before}/output"] = (None, None)  # here every device gets all pictures
    for layer in cut:
        _check_divides(network, layer, mesh.devices.size, "devices")
        layout[f"{layer.name}/kernel"] = (None, "batch")
        layout[f"{layer.name}/bias"] = ("batch",)
        layout[f"{layer.name}/output"] = (None, "batch")
    layout[f"{last.name}/kernel"] = ("batch", None)
    layout[f"{last.name}/output"] = ("batch", None)
    return _model_parallel(layout)


def _mesh(devices, parts, axes, name):
    """The devices as a mesh: as many rows as divide the batch, ``parts`` in each."""
    if keras.backend.backend() != "jax":
        raise ValueError(
            f"{name} needs Keras on JAX, and it runs on {keras.backend.backend()}. Set the "
            "environment variable KERAS_BACKEND to jax before Keras is imported; or, for data "
            "parallel on TensorFlow, build the model inside tf.distribute.MirroredStrategy()."
            "scope()."
        )
    found = list(devices or keras.distribution.list_devices())
    if len(found) % parts:
        raise ValueError(
            f"{len(found)} devices cannot hold {parts} towers each as often: give a multiple of "
            f"{parts}. Found: {', '.join(found)}."
        )
    shape = (len(found) // parts, parts)[: len(axes)]
    return keras.distribution.DeviceMesh(shape, axes, found)


def _model_parallel(layout):
    return keras.distribution.ModelParallel(
        layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
    )


def _with_weights(network: Architecture) -> list[Layer]:
    return [layer for layer in network.layers if isinstance(layer, (Conv, Dense))]


def _check_divides(network, layer, count, what):
    size = layer.filters if isinstance(layer, Conv) else layer.units
    if size % count:
        raise ValueError(
            f"network {network.name!r}, layer {layer.name!r}: {count} {what} do not divide its "
            f"{size} {'filters' if isinstance(layer, Conv) else 'units'}. Choose a multiple of "
            f"{count}."
        )


class Share(keras.utils.PyDataset):
    """The rows of each batch that this process reads, for Keras's ``fit``.

    The batch keeps its meaning: with 128 pictures and four processes, each reads 32. The devices
    of one process divide these among themselves. Pictures over when the last batch does not
    divide are left out; which they are changes when the order does. (Every process decodes the
    whole batch, for what it shows may depend on its place in it.)

    Args:
        batches: The whole batches, the same in every process.
        layout: Which devices there are; None: the distribution that is set.

    Raises:
        ValueError: The devices do not divide the batch, or no layout is set.
    """

    def __init__(  # noqa: D107
        self, batches: Batches, layout: Layout | None = None
    ):
        super().__init__()
        layout = layout or keras.distribution.distribution()
        if layout is None:
            raise ValueError(
                "no layout is set: make the Share inside `with layout.scope():`, or give it one."
            )
        mesh = layout.device_mesh
        self.batches = batches
        self.parts = mesh.shape[mesh.axis_names.index(layout.batch_dim_name)]
        if batches.batch_size % self.parts:
            raise ValueError(
                f"{self.parts} devices do not divide a batch of {batches.batch_size} pictures. "
                f"Take a batch size that is a multiple of {self.parts}, such as "
                f"{-(-batches.batch_size // self.parts) * self.parts}, or other devices."
            )
        if batches.pictures < self.parts:
            raise ValueError(f"{batches.pictures} pictures are too few for {self.parts} devices.")
        process, processes = place()
        self.readers = min(self.parts, processes)
        self.reader = process * self.readers // processes

    def __len__(self) -> int:
        """Steps in one epoch."""
        batches = self.batches
        return len(batches) - (0 < batches.pictures % batches.batch_size < self.parts)

    def __getitem__(self, step: int) -> tuple[Any, np.ndarray]:
        """Give (pictures, labels) of one step, this process's rows."""
        x, y = self.batches[step]
        each = (len(x) - len(x) % self.parts) // self.readers
        mine = slice(self.reader * each, (self.reader + 1) * each)
        return x[mine], y[mine]

    def on_epoch_begin(self) -> None:
        """Turn to the next epoch."""
        self.batches.on_epoch_begin()


# ---- Several processes ----------------------------------------------------------------------


def place() -> tuple[int, int]:
    """Say which process this is, and of how many.

    Returns:
        Its number, from 0, and their count: (0, 1) where there is no other.

    Example:
        >>> place()
        (0, 1)
    """
    if keras.backend.backend() != "jax":
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()


@contextlib.contextmanager
def together(
    addresses: str | None = None, processes: int | None = None, process: int | None = None
) -> Iterator[None]:
    """Train in several processes, on one machine or many, which all run this same program.

    Make it the first thing that the program does with Keras. What is not given is read from the
    variables that ``keras.distribution.initialize`` reads too: KERAS_DISTRIBUTION_JOB_ADDRESSES,
    KERAS_DISTRIBUTION_NUM_PROCESSES, KERAS_DISTRIBUTION_PROCESS_ID.

    A process that dies stops the others: at once where they wait for what it would have sent,
    and after 100 seconds of silence, which is JAX's limit, at the latest. An error inside ends this
    process at once, with status 1 and its traceback; so does the loss of the others.

    Args:
        addresses: ``host:port`` of process 0, or of every process, with commas between.
        processes: How many there are.
        process: Which of them this is, from 0.

    Raises:
        ValueError: Before anything starts: Keras does not run on JAX, an address without a port,
            another number of addresses than of processes, a process outside them.
    """
    addresses = addresses or os.environ.get("KERAS_DISTRIBUTION_JOB_ADDRESSES")
    processes = _number(processes, "KERAS_DISTRIBUTION_NUM_PROCESSES")
    process = _number(process, "KERAS_DISTRIBUTION_PROCESS_ID")
    _check_place(addresses, processes, process)
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    keras.distribution.initialize(addresses, processes, process)
    try:
        yield
    except BaseException as error:
        traceback.print_exc()
        if re.search("gloo|nccl|connection|coordination|heartbeat", str(error), re.IGNORECASE):
            print(
                f"process {process} of {processes} has lost the others: one of them has ended, or "
                "cannot be reached. Its own output says why. Start all of them again; with a "
                "Checkpoint they go on after their last complete epoch.",
                file=sys.stderr,
            )
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)  # an ordinary end would wait for the others, who may wait for this one
    jax.distributed.shutdown()


def _number(given, variable):
    text = os.environ.get(variable)
    if given is not None or text is None:
        return given
    if not text.strip().isdecimal():
        raise ValueError(f"{variable} is {text!r}, and must be an integer.")
    return int(text)


def _check_place(addresses, processes, process):
    if keras.backend.backend() != "jax":
        raise ValueError(
            f"several processes need Keras on JAX, and it runs on {keras.backend.backend()}. Set "
            "the environment variable KERAS_BACKEND to jax before Keras is imported."
        )
    if addresses is None or processes is None or process is None:
        raise ValueError(
            f"addresses are {addresses!r}, processes {processes!r}, this process {process!r}: all "
            "three are needed. Give them, or set KERAS_DISTRIBUTION_JOB_ADDRESSES, "
            "KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID."
        )
    if not 0 <= process < processes:
        raise ValueError(
            f"process {process} of {processes}: they are counted from 0 to {processes - 1}."
        )
    each = addresses.split(",")
    for address in each:
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(
                f"{address!r} is no address of a process: expected host:port, such as "
                "10.0.0.1:5000."
            )
    if len(each) not in (1, processes):
        raise ValueError(
            f"{processes} processes and {len(each)} addresses ({addresses}). Give the address of "
            "process 0 alone, or one for each process."
        )


def whole(variable: keras.Variable) -> np.ndarray:
    """Fetch the value of a variable, gathered from all processes where each has a part.

    All processes have to ask for it.

    Args:
        variable: Of a model or an optimizer.

    Returns:
        Its value.
    """
    if place()[1] > 1 and not variable.value.is_fully_replicated:
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(variable.value, tiled=True))
    return keras.ops.convert_to_numpy(variable)


def agreed(number: int, what: str) -> None:
    """Refuse to go on unless all processes have the same number.

    Args:
        number: This process's.
        what: What it is, in words.

    Raises:
        ValueError: They differ.
    """
    if place()[1] == 1:
        return
    from jax.experimental import multihost_utils

    numbers = multihost_utils.process_allgather(np.array(number)).tolist()
    if len({*numbers}) > 1:
        raise ValueError(
            f"{what} differs between processes: {', '.join(map(str, numbers))}. Do all of them see "
            "the same folder?"
        )


# ---- What is sent ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Exchange:
    """One exchange between devices in a compiled program.

    Attributes:
        kind: all-gather, all-reduce, reduce-scatter, all-to-all or collective-permute.
        layers: The layers that it belongs to; none where XLA names none.
        backward: Whether it belongs to the backward pass.
        sent: Bytes that each device sends, by the usual ring: an all-gather passes on every part
            but its own, an all-reduce does so twice, once to add up and once to tell.
    """

    kind: str
    layers: tuple[str, ...]
    backward: bool
    sent: int


def training_step(model: keras.Model, batch: int) -> str:
    """Compile a training step for all devices of the layout that is set, without running it.

    Args:
        model: A compiled classifier, made inside the layout's scope.
        batch: Pictures in one step.

    Returns:
        The program of one device, as XLA writes it.

    Raises:
        ValueError: No layout is set.
    """
    import jax

    layout = keras.distribution.distribution()
    if layout is None:
        raise ValueError("no layout is set: ask inside `with layout.scope():`.")
    model.optimizer.build(model.trainable_variables)

    def loss(trained, others, x, y):
        said, others = model.stateless_call(trained, others, x, training=True)
        return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, said)), others

    def step(trained, others, state, x, y):
        (value, others), slopes = jax.value_and_grad(loss, has_aux=True)(trained, others, x, y)
        trained, state = model.optimizer.stateless_apply(state, slopes, trained)
        return value, trained, others, state

    variables = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
    )
    values = [[variable.value for variable in group] for group in variables]
    kept = [[value.sharding for value in group] for group in values]
    data = [
        jax.ShapeDtypeStruct(shape, kind, sharding=layout.get_data_layout(shape).backend_layout)
        for shape, kind in (((batch, *model.input_shape[1:]), "float32"), ((batch,), "int32"))
    ]
    compiled = jax.jit(step, out_shardings=(None, *kept)).lower(*values, *data).compile()
    return compiled.as_text() or ""


_KINDS = "all-gather|all-reduce|reduce-scatter|all-to-all|collective-permute"
_LINE = re.compile(rf"^\s*(?:ROOT )?%\S+ = (.*?) ({_KINDS})\(.*$", re.MULTILINE)


def exchanges(program: str, devices: int) -> list[Exchange]:
    """Find what devices send each other in a program that was compiled for CPUs.

    Args:
        program: As XLA writes it, such as :func:`training_step` returns.
        devices: How many take part in each exchange.

    Returns:
        The exchanges, in the program's order.

    Example:
        >>> line = '%g = f32[8,6]{1,0} all-gather(%x), metadata={op_name="jvp(fc6)/dot"}'
        >>> exchanges(line, 2)
        [Exchange(kind='all-gather', layers=('fc6',), backward=False, sent=96)]
    """
    found = []
    for match in _LINE.finditer(program):
        size = sum(
            int(bits or 8) // 8 * prod(int(n) for n in shape.split(",") if n)
            for bits, shape in re.findall(r"\b[a-z]+(\d*)\[([\d,]*)\]", match[1])
        )
        named = re.search(r'op_name="([^"]*)"', match[0])
        name = named[1] if named else ""
        layers = tuple(dict.fromkeys(re.findall(r"jvp\((\w+)\)", name)))
        times = {"all-reduce": 2, "reduce-scatter": devices}.get(match[2], 1)
        sent = times * size * (devices - 1) // devices
        found.append(Exchange(match[2], layers, "transpose(" in name, sent))
    return found
