"""Time of one layer in its possible forms, beside the library's own, in one run.

    python benchmarks/layers.py [--rounds 5] [--batch 32] [--note "…"] [--record FILE]

Response normalization, grouped convolution, overlapping pooling and the optimizer's update, at
the sizes of the network of 2012. The forms of one layer read the same maps, must give the same
values and the same gradients up to ``SAME``, and take turns, so that a busy moment of the machine
hits all of them; a figure is the median of the rounds. Seconds of all cores together say what a
form costs, seconds on the clock also how well it uses them. The form marked as the first is the
library's own, and ratios are taken to it. ``KERAS_BACKEND=jax`` measures the forms of that side.
Where other programs want the machine too, take ``--threads 1`` and trust the seconds of computing.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.session import cores, describe, import_keras, processor

keras = import_keras()

from keras import ops  # noqa: E402

from alexnet_tutorial.network.layers import LRN, PortableConv2D  # noqa: E402
from alexnet_tutorial.training.optimizers import PaperSGD  # noqa: E402
from alexnet_tutorial.training.recipe import compile_update  # noqa: E402

ON_JAX = keras.backend.backend() == "jax"
SAME = 1e-5  # of the largest value


@dataclass(frozen=True)
class Form:
    """One way to compute a layer: of maps, gives maps.

    Attributes:
        name: What it is called.
        function: The layer.
        xla: Whether XLA compiles it; JAX compiles everything.
    """

    name: str
    function: Callable
    xla: bool = False


def normalizations(shape) -> Iterator[Form]:
    """Response normalization as section 3.3 of the paper has it."""
    alpha, beta, k, channels = 1e-4, 0.75, 2.0, shape[-1]
    index = np.arange(channels)
    band = (alpha * (abs(index[:, None] - index) <= 2)).astype("float32")

    def banded(x):
        root = ops.rsqrt(k + ops.matmul(ops.square(x), band))
        return x * (root * ops.sqrt(root))

    def sliced(x):
        around = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (2, 2)))
        total = sum(around[..., first : first + channels] for first in range(5))
        return x * ops.power(k + alpha * total, -beta)

    if not ON_JAX:
        import tensorflow as tf

        own = {"depth_radius": 2, "bias": k, "alpha": alpha, "beta": beta}
        yield Form("tf.nn", lambda x: tf.nn.local_response_normalization(x, **own))
    yield Form("five slices and a power", sliced)
    yield Form("product with a band matrix", banded)
    yield Form("package", LRN())
    if not ON_JAX:
        yield Form("package, XLA", LRN(), xla=True)


def convolutions(shape, filters, size) -> Iterator[Form]:
    """A convolution in two groups, with bias and ReLU."""
    options = {"groups": 2, "padding": "same", "activation": "relu"}
    first = keras.layers.Conv2D(filters, size, **options)
    first.build(shape)

    def like(run_as):
        layer = PortableConv2D(filters, size, run_as=run_as, **options)
        layer.build(shape)
        layer.set_weights(first.get_weights())
        return layer

    def behind(x):
        towers = zip(ops.split(x, 2, -1), ops.split(first.kernel, 2, -1), strict=True)
        maps = ops.concatenate([ops.conv(*tower, padding="same") for tower in towers], -1)
        return ops.relu(ops.add(maps, first.bias))

    yield Form("keras.layers.Conv2D(groups=2)", first)
    yield Form("towers, bias and ReLU behind them", behind)
    yield Form("package: bias and ReLU in the towers", like("towers"))
    yield Form("products", like("products"))


def pools(shape) -> Iterator[Form]:
    """Windows of 3 × 3 that lie 2 apart."""
    rows, columns = ((side - 3) // 2 + 1 for side in shape[1:3])

    def sliced(x):
        made = None
        for top in range(3):
            for left in range(3):
                part = x[:, top : top + 2 * rows - 1 : 2, left : left + 2 * columns - 1 : 2]
                made = part if made is None else ops.maximum(made, part)
        return made

    def in_turn(x):
        return ops.max_pool(ops.max_pool(x, (3, 1), (2, 1)), (1, 3), (1, 2))

    own = keras.layers.MaxPooling2D(3, 2)
    yield Form("package: keras.layers.MaxPooling2D", own)
    yield Form("rows, then columns", in_turn)
    yield Form("largest of nine slices", sliced)
    if not ON_JAX:
        yield Form("keras.layers.MaxPooling2D, XLA", own, xla=True)


def runners(form: Form, x, upstream) -> tuple[Callable, Callable]:
    """Functions for the forward pass, and for it and the gradient of the maps."""
    if ON_JAX:
        import jax

        def both(x):
            made, back = jax.vjp(form.function, x)
            return made, back(upstream)[0]

        forward, both = jax.jit(form.function), jax.jit(both)
        return lambda: forward(x), lambda: both(x)
    import tensorflow as tf

    def compiled(function, **how):
        return tf.function(function, autograph=False, **how)

    # As in a model: forward and backward pass are two programs of XLA, not one.
    layer = compiled(lambda x: form.function(x), jit_compile=True) if form.xla else form.function

    @compiled
    def forward(x):
        return layer(x)

    @compiled
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = layer(x)
        return made, tape.gradient(made, x, upstream)

    return lambda: forward(x), lambda: both(x)


def wait(made: Any) -> None:
    """Return when it is computed."""
    for array in made if isinstance(made, (tuple, list)) else [made]:
        float(ops.ravel(array)[0])


def race(contestants: dict[str, Callable], rounds: int) -> dict[str, dict[str, float]]:
    """Time functions in turn; the first round warms up. Name → median milliseconds."""
    times: dict[str, list] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, step in contestants.items():
            cpu, clock = time.process_time(), time.perf_counter()
            wait(step())
            spent = time.process_time() - cpu, time.perf_counter() - clock
            if turn:
                times[name].append(spent)
    return {
        name: {
            kind: round(1000 * statistics.median(column), 2)
            for kind, column in zip(("cpu_ms", "clock_ms"), zip(*rows, strict=True), strict=True)
        }
        for name, rows in times.items()
    }


def off(found, expected) -> float:
    """The largest difference, as a share of the largest value."""
    found, expected = map(ops.convert_to_numpy, (found, expected))
    return float(abs(found - expected).max() / abs(expected).max())


def measure(forms: list[Form], shape, rounds) -> Iterator[dict]:
    """Check that forms agree, and race them."""
    rng = np.random.default_rng(0)
    x = ops.convert_to_tensor(30 * rng.normal(size=shape).astype("float32"))
    made = forms[0].function(x)
    upstream = ops.convert_to_tensor(rng.normal(size=made.shape).astype("float32"))
    both = {form: runners(form, x, upstream) for form in forms}
    expected, errors = both[forms[0]][1](), {}
    for form, (_, run) in both.items():
        found = zip(run(), expected, strict=True)
        errors[form] = max(off(a, b) for a, b in found)
        if not errors[form] <= SAME:
            raise SystemExit(f"{form.name}: differs from {forms[0].name} by {errors[form]:.1e}")
    forward, training = (
        race({form.name: pair[which] for form, pair in both.items()}, rounds) for which in (0, 1)
    )
    for form in forms:
        yield {
            "form": form.name,
            "forward": forward[form.name],
            "both": training[form.name],
            "error": float(f"{errors[form]:.1e}"),
        }


def one_update(optimizer, slope, weight) -> Callable:
    """A function that moves a weight once, in a graph; gives a number that is there afterwards."""
    import tensorflow as tf

    def step():
        optimizer.apply([slope], [weight])
        return weight.value[0, 0]

    return tf.function(step, autograph=False)


def updates(shape, rounds) -> Iterator[dict]:
    """The update of one large matrix, by each optimizer as it is and compiled with XLA."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    slope = tf.constant(rng.normal(size=shape).astype("float32"))
    kinds = {
        "SGD with momentum": lambda: keras.optimizers.SGD(0.001, momentum=0.9),
        "rule of 2012": lambda: PaperSGD(0.001),
        "Adam": lambda: keras.optimizers.Adam(0.001),
    }
    for name, make in kinds.items():
        steps, weights = {}, {}
        for form in ("as Keras does", "package, XLA"):
            weight = keras.Variable(np.ones(shape, "float32"), name="kernel")
            optimizer = make()
            optimizer.build([weight])
            if form == "package, XLA":
                compile_update(optimizer)

            steps[form], weights[form] = one_update(optimizer, slope, weight), weight
            for _ in range(3):
                wait(steps[form]())
        error = off(*reversed(weights.values()))
        if not error <= SAME:
            raise SystemExit(f"{name}: compiled, it differs by {error:.1e}")
        for form, times in race(steps, rounds).items():
            yield {
                "layer": f"update, {name}",
                "shape": list(shape),
                "form": form,
                "both": times,
                "error": float(f"{error:.1e}"),
            }


def main(arguments=None):
    """Measure and print; optionally record as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=cores(), help="on TensorFlow")
    parser.add_argument("--scale", type=int, default=1, help="divides sizes, for a trial")
    parser.add_argument("--note", default="", help="what else the machine was doing")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the results as JSON")
    options = parser.parse_args(arguments)

    if not ON_JAX:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(options.threads)

    def size(side, channels):
        return (options.batch, side, side, channels // options.scale)

    after1, after2, conv2, conv4 = size(55, 96), size(27, 256), size(27, 96), size(13, 384)
    layers = [
        ("response normalization after conv1", after1, normalizations(after1)),
        ("response normalization after conv2", after2, normalizations(after2)),
        ("conv2, two groups", conv2, convolutions(conv2, 256 // options.scale, 5)),
        ("conv4, two groups", conv4, convolutions(conv4, 384 // options.scale, 3)),
        ("pool1", after1, pools(after1)),
    ]
    load = round(os.getloadavg()[0], 2)
    print(describe(), f"load {load}", flush=True)
    results = []
    for layer, shape, forms in layers:
        for row in measure(list(forms), shape, options.rounds):
            results.append({"layer": layer, "shape": list(shape), **row})
    if not ON_JAX:
        results += updates((9216 // options.scale, 4096), options.rounds)
    firsts: dict[str, dict] = {}
    for row in results:
        base = firsts.setdefault(row["layer"], row)
        said = f"{row['layer']}, {row['form']}:"
        for part in ("forward", "both"):
            if part in row:
                ratio = {
                    kind: round(row[part][kind] / max(base[part][kind], 0.01), 3)
                    for kind in ("cpu_ms", "clock_ms")
                }
                row[f"{part}_ratio"] = {"cpu": ratio["cpu_ms"], "clock": ratio["clock_ms"]}
                said += f" {part} {row[part]['clock_ms']:.1f} ms ({ratio['clock_ms']:.2f})"
        print(said, flush=True)
    if options.record:
        record = {
            "command": f"{'KERAS_BACKEND=jax ' if ON_JAX else ''}python benchmarks/layers.py"
            f" --batch {options.batch} --rounds {options.rounds} --threads {options.threads}",
            "date": date.today().isoformat(),
            "versions": describe(),
            "machine": f"{processor()}, {cores()} cores",
            "load": load,
            "note": options.note,
            "threads": cores() if ON_JAX else options.threads,
            "batch": options.batch,
            "rounds": options.rounds,
            "results": results,
        }
        write_whole(options.record, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
