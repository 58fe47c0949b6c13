"""Pictures a second on one card: stages keras, torch and input of gpu.py.

Both networks, in training and in inference, in Keras on JAX and in PyTorch, each in its own ways:
the best one counts. A figure is the median of several blocks of steps, each long enough that
starting it costs nothing, with the slowest and the fastest block beside it. Steps follow each
other without waiting; a block ends when the card has done all of them.

The ceilings that a share of the roofline is taken of are measured here too, in either framework:
a large matrix product in each precision, and a large copy. Beside each product stands its error
against float64, which proves the precision: about 1e-6 in float32, 1e-3 in TF32.
"""

import statistics
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import gpu
import numpy as np

from alexnet_tutorial.shapes import variant

NETWORKS = ("alexnet-2012", "torchvision")
MODES = ("training", "inference")
PRECISIONS = ("bfloat16", "tf32", "float32")
SIDE = 256  # of the pictures that crops are cut from, in the stage input
AHEAD = 6  # batches that are on their way to the card
LEAST = 12  # seconds under which no further measurement is begun


@dataclass(frozen=True)
class Entry:
    """One measurement: a network at work in one way."""

    network: str
    mode: str
    precision: str
    batch: int
    form: str

    @property
    def name(self) -> str:
        """What it is called in the record, after the framework."""
        return f"{self.network}, {self.mode}, {self.precision}, batch {self.batch}, {self.form}"

    def described(self, rehearsal: bool):
        """The network's description."""
        network = variant(self.network)
        return gpu.reduced(network) if rehearsal else network


def keras_entries(batches: list[int]) -> Iterator[Entry]:
    """What is measured in Keras, most telling first."""
    first, *others = batches
    for mode in MODES:
        for network in NETWORKS:
            yield Entry(network, mode, "bfloat16", first, "as built")
    for form in ("towers", "normalization in bfloat16"):
        yield Entry("alexnet-2012", "training", "bfloat16", first, form)
    for precision in ("tf32", "float32"):
        for mode in MODES:
            for network in NETWORKS:
                yield Entry(network, mode, precision, first, "as built")
    for batch in others:
        for mode in MODES:
            for network in NETWORKS:
                yield Entry(network, mode, "bfloat16", batch, "as built")


def torch_entries(batches: list[int]) -> Iterator[Entry]:
    """What is measured in PyTorch: what needs no compiling first."""
    first, *others = batches
    ways = [
        ("bfloat16", "eager"),
        ("tf32", "eager"),
        ("bfloat16", "compiled"),
        ("bfloat16", "compiled, graphs"),
        ("tf32", "compiled"),
        ("float32", "eager"),
        ("bfloat16", "eager, channels first"),
        ("float32", "eager, channels first"),
        ("float32", "compiled"),
    ]
    for precision, form in ways:
        for mode in MODES:
            for network in NETWORKS:
                yield Entry(network, mode, precision, first, form)
    for form in ("eager", "compiled"):
        for batch in others:
            for mode in MODES:
                for network in NETWORKS:
                    yield Entry(network, mode, "bfloat16", batch, form)


def timed(run: Callable, wait: Callable, count: int, rehearsal: bool) -> dict:
    """Measure how often something can be done in a second.

    Args:
        run: Begins one step; what it returns is done when the step is.
        wait: Waits for that.
        count: How much one step does.
        rehearsal: Whether to be quick instead of right.

    Returns:
        Median, slowest and fastest of the blocks.
    """
    block, rounds, warm = (0.0, 2, 1) if rehearsal else (0.25, 7, 3)
    for _ in range(warm):
        last = run()
    wait(last)
    started = time.perf_counter()
    for _ in range(warm):
        last = run()
    wait(last)
    steps = max(1, round(block * warm / (time.perf_counter() - started)))
    speeds = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(steps):
            last = run()
        wait(last)
        speeds.append(count * steps / (time.perf_counter() - started))
    return {
        "median": float(f"{statistics.median(speeds):.5g}"),
        "low": float(f"{min(speeds):.5g}"),
        "high": float(f"{max(speeds):.5g}"),
        "rounds": rounds,
        "steps": steps,
    }


def pictures_per_second(measured: dict) -> dict:
    """The same under the record's names."""
    return {"pictures_per_second": measured.pop("median"), **measured}


def measure(framework: str, entries, make: Callable, wait: Callable, options, clock) -> int:
    """Measure entries as long as there is time, each written down at once; returns failures."""
    failed = 0
    for entry in entries:
        name = f"{framework}, {entry.name}"
        if name in options.done:
            continue
        classes = 10 if options.rehearsal else 1000
        found: dict[str, Any] = {"framework": framework, **asdict(entry), "classes": classes}
        if clock.left < LEAST and not options.rehearsal:
            gpu.save(options.output, "speed", name, found | {"left_out": "no time was left for it"})
            continue
        started = time.perf_counter()
        try:
            run = make(entry, entry.described(options.rehearsal).with_classes(classes), options)
            wait(run())
            found["first_seconds"] = round(time.perf_counter() - started, 1)
            found |= pictures_per_second(timed(run, wait, entry.batch, options.rehearsal))
        except Exception as error:  # the next one may do
            traceback.print_exc()
            found["failed"] = gpu.without_paths(repr(error))
            failed += 1
        gpu.save(options.output, "speed", name, found)
        print(name, found.get("pictures_per_second", found.get("failed")), flush=True)
    return failed


def as_array(product) -> np.ndarray:
    """A product of either framework as float64, on this side."""
    if hasattr(product, "cpu"):
        product = product.float().cpu().numpy()
    return np.asarray(product).astype("float64")


def ceilings(framework: str, product: Callable, copy: Callable, wait, options, clock) -> None:
    """Measure what the card can do at best.

    Args:
        framework: Its name.
        product: Of a precision and two float32 arrays, gives a function that multiplies them.
        copy: Of a number of float32 values, gives a function that reads and writes as many.
        wait: Waits for what these return.
        options: Of the stage.
        clock: Of the stage.
    """
    side, small, values = (64, 32, 1 << 16) if options.rehearsal else (8192, 512, 1 << 28)
    rng = np.random.default_rng(0)

    def pair(n):
        return (rng.standard_normal((n, n), "float32") for _ in range(2))

    a, b = pair(small)
    exact = a.astype("float64") @ b.astype("float64")
    large = [*pair(side)]
    for precision in PRECISIONS:
        name = f"{framework}, product, {precision}"
        if name in options.done:
            continue
        if clock.left < LEAST / 2 and not options.rehearsal:
            return
        said = as_array(product(precision, a, b)())
        found = timed(product(precision, *large), wait, 1, options.rehearsal)
        entry = {
            "precision": precision,
            "size": side,
            "tflops": round(2e-12 * side**3 * found["median"], 4),
            "error": float(f"{abs(said - exact).max() / abs(exact).max():.2g}"),
        }
        gpu.save(options.output, "ceilings", name, entry)
    found = timed(copy(values), wait, 1, options.rehearsal)
    entry = {"bytes": 8 * values, "gigabytes_per_second": round(8e-9 * values * found["median"], 3)}
    gpu.save(options.output, "ceilings", f"{framework}, copy", entry)


# Keras on JAX.


def keras_step(entry: Entry, network, options) -> Callable:
    """A function that does one step of an entry on one batch, the same each time.

    Its attributes: ``on`` does the step on another batch, ``x`` is the batch it has.
    """
    import jax

    from alexnet_tutorial.session import import_keras

    keras = import_keras()
    from alexnet_tutorial.network import build
    from alexnet_tutorial.network.layers import LRN

    policy = "mixed_bfloat16" if entry.precision == "bfloat16" else "float32"
    groups = "towers" if entry.form == "towers" else "auto"
    model = build(network, groups=groups, precision=policy)
    if entry.form == "normalization in bfloat16":
        for layer in model.layers:
            if isinstance(layer, LRN):
                layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    rng = np.random.default_rng(0)
    shape = (entry.batch, *network.input_shape)
    x = jax.device_put(rng.uniform(-0.5, 0.5, shape).astype("float32"))
    y = jax.device_put((np.arange(entry.batch) % network.classes).astype("int32"))
    optimizer = keras.optimizers.SGD(0.001, momentum=0.9)
    optimizer.build(model.trainable_variables)
    groups = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    state = tuple([variable.value for variable in group] for group in groups)

    def train(state, x):
        learned, rest, slots = state

        def loss_of(learned):
            said, after = model.stateless_call(learned, rest, x, training=True)
            return keras.losses.sparse_categorical_crossentropy(y, said).mean(), after

        (loss, rest), slopes = jax.value_and_grad(loss_of, has_aux=True)(learned)
        learned, slots = optimizer.stateless_apply(slots, slopes, learned)
        return ([*learned], [*rest], [*slots]), loss

    def predict(state, x):
        return model.stateless_call(*state[:2], x, training=False)[0]

    learns = entry.mode == "training"
    # JAX takes TF32 where float32 is asked for, unless it is told the highest precision.
    with jax.default_matmul_precision("highest" if entry.precision == "float32" else "default"):
        jitted = jax.jit(train, donate_argnums=0) if learns else jax.jit(predict)
        compiled = jitted.lower(state, x).compile()

    def on(x):
        nonlocal state
        if not learns:
            return compiled(state, x)
        state, loss = compiled(state, x)
        return loss

    def run():
        return on(x)

    run.on, run.x = on, x
    return run


def jax_product(precision: str, a, b) -> Callable:
    """A function that multiplies two matrices."""
    import jax

    dtype = "bfloat16" if precision == "bfloat16" else "float32"
    a, b = (jax.device_put(matrix).astype(dtype) for matrix in (a, b))
    multiply = jax.jit(lambda a, b: a @ b)
    asked = "highest" if precision == "float32" else "default"

    def run():
        with jax.default_matmul_precision(asked):
            return multiply(a, b)

    return run


def jax_copy(values: int) -> Callable:
    """A function that reads and writes so many numbers."""
    import jax

    x, add = jax.numpy.zeros(values, "float32"), jax.jit(lambda x: x + 1)
    return lambda: add(x)


def keras_stage(options, clock) -> int:
    """Measure Keras on JAX."""
    import jax

    gpu.on_gpu(options.rehearsal)
    entries = [*keras_entries(options.batches)]
    entries = [*entries[3:6], entries[-1]] if options.rehearsal else entries
    reserve = gpu.Clock(clock.left - LEAST)  # for the ceilings
    failed = measure("keras", entries, keras_step, jax.block_until_ready, options, reserve)
    ceilings("jax", jax_product, jax_copy, jax.block_until_ready, options, clock)
    return failed


def input_stage(options, clock) -> int:
    """Measure the way of the pictures to the network of 2012, in training."""
    import jax
    from gpu_train import Plan, varied

    from alexnet_tutorial.pictures import Batches, Preprocessing
    from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
    from alexnet_tutorial.pictures.preprocessing import CENTER

    gpu.on_gpu(options.rehearsal)
    tiny, batch = options.rehearsal, options.batches[0]
    started = time.perf_counter()
    rows = slice(None, None, gpu.FEWER["imagenette"] if tiny else 1)
    _, parts = gpu.unpack_set(options.pack / "imagenette.npz", SIDE, rows)
    seconds, learn = time.perf_counter() - started, parts["train"]
    decoded = {"pictures_per_second": round(sum(map(len, parts.values())) / seconds, 1)}
    gpu.save(options.output, "input", "decoded, by all cores, WebP", decoded)
    entry = Entry("alexnet-2012", "training", "bfloat16", batch, "as built")
    network = entry.described(tiny).with_classes(10 if tiny else 1000)
    step, size = keras_step(entry, network, options), network.input_size[0]

    @jax.jit
    def prepare(pictures, rows, number):
        key = jax.random.key(number)
        return varied(pictures, rows, key, size, Plan(crops="places")) / 255 - CENTER

    scale = jax.jit(lambda pictures: pictures.astype("float32") / 255 - CENTER)
    rng, every = np.random.default_rng(0), np.arange(batch, dtype="int32")

    def orders():
        while True:
            order = rng.permutation(len(learn)).astype("int32")
            yield from order[: len(order) // batch * batch].reshape(-1, batch)

    def ready():
        while True:
            yield step.x

    def resident():
        there = jax.device_put(learn.x)
        for number, rows in enumerate(orders()):
            yield prepare(there, rows, number)

    def ahead(of_batch, things):
        """What threads make of things, a few of them under way."""
        with ThreadPoolExecutor(4) as pool:
            waiting = deque(pool.submit(of_batch, thing) for thing in islice(things, AHEAD))
            while True:
                waiting.append(pool.submit(of_batch, next(things)))
                yield waiting.popleft().result()

    def streamed():
        def sent(rows):
            return jax.device_put(np.take(learn.x, rows, axis=0))

        for number, pictures in enumerate(ahead(sent, orders())):
            yield prepare(pictures, every, number)

    def host():
        batches = Batches(
            learn,
            preprocessing=Preprocessing(SIDE, size, mean=CENTER),
            batch_size=batch,
            augmentation=CROP_AND_FLIP,
            normalize=False,
        )
        whole = cycle(range(len(learn) // batch))
        for pictures in ahead(lambda number: jax.device_put(batches[number][0]), whole):
            yield scale(pictures)

    ways = {
        "on the card, ready": ready,
        "on the card, bytes, varied there": resident,
        "sent as bytes, varied there": streamed,
        "varied by the processor, sent as bytes": host,
    }
    failed = 0
    for name, way in ways.items():
        if name in options.done:
            continue
        if clock.left < LEAST / 2 and not tiny:
            gpu.save(options.output, "input", name, {"left_out": "no time was left for it"})
            continue
        source = way()
        try:
            run = lambda source=source: step.on(next(source))  # noqa: E731
            measured = timed(run, jax.block_until_ready, batch, tiny)
            found = {"batch": batch, **pictures_per_second(measured)}
        except Exception as error:  # the next one may do
            traceback.print_exc()
            found, failed = {"failed": gpu.without_paths(repr(error))}, failed + 1
        source.close()
        gpu.save(options.output, "input", name, found)
        print(name, found, flush=True)
    return failed


# PyTorch.


def torch_precision(precision: str) -> None:
    """Allow TF32 in what is computed in float32, or forbid it."""
    import torch

    torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")
    torch.backends.cudnn.allow_tf32 = precision != "float32"


def torch_step(entry: Entry, network, options) -> Callable:
    """A function that does one step of an entry in PyTorch."""
    import torch
    from speed import torch_model

    device = "cpu" if options.rehearsal else "cuda"
    torch.compiler.reset()
    torch_precision(entry.precision)
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    first = "channels first" in entry.form
    layout = torch.contiguous_format if first else torch.channels_last
    plain = torch_model(network).to(device).to(memory_format=layout)
    height, width, channels = network.input_shape
    x = torch.rand(entry.batch, channels, height, width, device=device) - 0.5
    x, y = x.to(memory_format=layout), torch.arange(entry.batch, device=device) % network.classes
    model, graphs, compiles = plain, "graphs" in entry.form, "compiled" in entry.form
    if compiles:
        how = {"mode": "reduce-overhead"} if graphs else {}
        how = {"backend": "eager"} if options.rehearsal else how
        model = torch.compile(plain, dynamic=False, **how)
    half = torch.autocast(device, torch.bfloat16, enabled=entry.precision == "bfloat16")
    optimizer = torch.optim.SGD(plain.parameters(), 0.001, momentum=0.9, fused=device == "cuda")
    plain.train(entry.mode == "training")

    def train():
        optimizer.zero_grad(set_to_none=True)
        with half:
            loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def predict():
        with torch.no_grad() if compiles else torch.inference_mode(), half:
            return model(x).softmax(1)

    step = train if entry.mode == "training" else predict

    def run():
        if graphs:
            torch.compiler.cudagraph_mark_step_begin()
        return step()

    return run


def torch_product(precision: str, a, b) -> Callable:
    """A function that multiplies two matrices."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    a, b = (torch.from_numpy(m).to(device) for m in (a, b))
    if precision == "bfloat16":
        a, b = a.bfloat16(), b.bfloat16()

    def run():
        torch_precision(precision)
        return a @ b

    return run


def torch_stage(options, clock) -> int:
    """Measure PyTorch."""
    import torch

    there = torch.cuda.is_available()
    if not there and not options.rehearsal:
        sys.exit("PyTorch sees no GPU here. Rehearse with --rehearsal.")

    def wait(_):
        if there:
            torch.cuda.synchronize()

    def copy(values):
        source = torch.zeros(values, device="cuda" if there else "cpu")
        target = torch.empty_like(source)
        return lambda: target.copy_(source)

    ceilings("torch", torch_product, copy, wait, options, clock)
    entries = [*torch_entries(options.batches)]
    entries = entries[::7] if options.rehearsal else entries
    return measure("torch", entries, torch_step, wait, options, clock)


def main() -> None:
    stages = {"keras": keras_stage, "torch": torch_stage, "input": input_stage}
    options = gpu.stage_options("gpu_speed.py", [*stages])
    if options.rehearsal:
        options.batches = [4]
    failed = stages[options.stage](options, options.clock)
    if failed:
        sys.exit(f"{failed} measurements failed; the log says why.")


if __name__ == "__main__":
    main()
