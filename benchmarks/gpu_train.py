"""Train the full network with everything on the card: stages curves, signs and arms of gpu.py.

The whole set lies in the card's memory as bytes. An epoch is one call: its batches are gathered,
cropped, flipped and scaled there, so that neither Python nor the way to the card sets the pace.
How many epochs fit is measured before a run begins, and the rate's schedule is made for them. Of
several rates the one with the lowest validation loss after a short run is taken. The test set is
looked at once, at the end.
"""

import sys
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import gpu
import jax
import jax.numpy as jnp
import numpy as np

from alexnet_tutorial.files import write_whole
from alexnet_tutorial.session import import_keras
from alexnet_tutorial.shapes import variant

keras = import_keras()

from alexnet_tutorial.network import build  # noqa: E402
from alexnet_tutorial.pictures import PCAColor  # noqa: E402
from alexnet_tutorial.pictures.preprocessing import CENTER  # noqa: E402
from alexnet_tutorial.training.optimizers import PaperSGD  # noqa: E402

NETWORK = "alexnet-2012"
SIDE = 256  # of the pictures that crops of 224 are cut from
KEPT = (1, 2, 3, 5, 8, 13, 21, 34, 55, 90)  # epochs whose first filters are kept
END = 6  # seconds that the test set takes, in ten views
FEWEST = 5  # epochs under which a run says nothing
TRIED = 12  # epochs of a short run, at most
ASPECT = 4 / 3  # of a random part of a picture, at most
CHUNK = 256  # pictures in a batch that is only looked at, at most


@dataclass(frozen=True)
class Plan:
    """A recipe: every number of it.

    Attributes:
        initialization: As ``build``.
        bytes: Whether the network reads bytes minus their mean, or pixels in ±0.5.
        batch_size: Pictures in a step.
        rates: Learning rates to choose from; a single one is taken as it is.
        crops: ``"parts"``, random parts of a picture, resized; ``"places"``, crops from anywhere;
            None, always the center.
        least: The smallest part, as a share of the picture's area.
        color: Standard deviation of the random colors, along the principal components.
        smoothing: Share of each label that is spread over all classes.
        dropout: Whether there is any.
        activation: In place of ReLU.
        goal: Validation accuracy whose time is of interest.
    """

    initialization: str = "he"
    bytes: bool = False
    batch_size: int = 64
    rates: tuple[float, ...] = (3e-4, 1e-4, 6e-4)
    crops: str | None = "parts"
    least: float = 0.35
    color: float = 0.1
    smoothing: float = 0.1
    dropout: bool = True
    activation: str = "relu"
    goal: float | None = None

    def optimizer(self):
        """Momentum as in 2012, or AdamW; the rate is set at every step."""
        if self.bytes:
            return PaperSGD(self.rates[0], weight_decay=5e-4)
        return keras.optimizers.AdamW(self.rates[0], weight_decay=0.05, global_clipnorm=1.0)

    def schedule(self, rate: float, epochs: int, steps: int) -> np.ndarray:
        """The rate of every step: (epochs, steps)."""
        done = np.arange(epochs * steps) / (epochs * steps)
        if self.bytes:  # of the 91 epochs of run 145, the rate fell after 25, 51 and 79
            factor = 10.0 ** -np.searchsorted(np.array([25, 51, 79]) / 91, done, side="right")
        else:
            warm = min(2.0, epochs / 4) / epochs
            factor = np.minimum(done / warm, (1 + np.cos(np.pi * (done - warm) / (1 - warm))) / 2)
        return (rate * factor).astype("float32").reshape(epochs, steps)


PLANS = {
    "today": Plan(),
    "2012": Plan(
        initialization="source",
        bytes=True,
        batch_size=128,
        rates=(0.01,),
        crops="places",
        smoothing=0.0,
    ),
    "today-no-dropout": Plan(dropout=False),
    "today-no-crops": Plan(crops=None),
    "today-crops-2012": Plan(crops="places"),
    "today-no-color": Plan(color=0.0),
    "today-no-smoothing": Plan(smoothing=0.0),
    "today-tanh": Plan(activation="tanh"),
}
SHARES = {"today": 1.5, "2012": 1}  # of the time
SIGNS = Plan(batch_size=32, rates=(1e-4,), least=0.6, color=0.0, smoothing=0.0, goal=0.95)


def changed(network, plan: Plan):
    """The network without its dropout, or with another activation, as the plan has it."""

    def layer_of(layer):
        if not plan.dropout and layer.kind == "dropout":
            return replace(layer, rate=0.0)
        if getattr(layer, "activation", None) == "relu":
            return replace(layer, activation=plan.activation)
        return layer

    return replace(network, layers=tuple(map(layer_of, network.layers)))


# Pictures, on the device.


def center(picture, size: int):
    """The middle of a square picture, 7 of 8 of its side, at the network's size; float32."""
    side = round(picture.shape[-2] * 7 / 8)
    edge = (picture.shape[-2] - side) // 2
    middle = picture[..., edge : edge + side, edge : edge + side, :].astype(jnp.float32)
    if side == size:
        return middle
    return jax.image.resize(middle, (*middle.shape[:-3], size, size, 3), "linear")


def place(picture, size: int, top, left, flip):
    """A crop of the network's size from one place; float32."""
    crop = jax.lax.dynamic_slice(picture, (top, left, 0), (size, size, 3)).astype(jnp.float32)
    return jnp.where(flip, crop[:, ::-1], crop)


def part(picture, size: int, area, aspect, down, right, flip):
    """A part of a picture, resized to the network's size with smoothing where it shrinks; float32.

    ``area`` is its share of the picture, ``aspect`` its width by its height, ``down`` and
    ``right`` say where it lies, from 0 to 1.
    """
    side = picture.shape[0]
    height = jnp.minimum(side * jnp.sqrt(area / aspect), side)
    width = jnp.minimum(side * jnp.sqrt(area * aspect), side)
    scale = jnp.stack([size / height, size / width])
    corner = jnp.stack([down * (side - height), right * (side - width)])
    resized = jax.image.scale_and_translate(
        picture.astype(jnp.float32),
        (size, size, 3),
        (0, 1),
        scale,
        -corner * scale,
        "linear",
        precision=jax.lax.Precision.DEFAULT,  # TF32 is finer than bytes
    )
    return jnp.where(flip, resized[:, ::-1], resized)


def varied(pictures, rows, key, size: int, plan: Plan):
    """One batch as the plan varies it: (rows, size, size, 3), float32, 0 to 255."""
    chosen, count = pictures[rows], rows.shape[0]
    if plan.crops is None:
        return center(chosen, size)
    keys = jax.random.split(key, 5)
    flip = jax.random.bernoulli(keys[0], 0.5, (count,))
    if plan.crops == "places":
        room = pictures.shape[1] - size + 1
        tops, lefts = (jax.random.randint(k, (count,), 0, room) for k in keys[1:3])
        return jax.vmap(lambda *one: place(one[0], size, *one[1:]))(chosen, tops, lefts, flip)
    area = jax.random.uniform(keys[1], (count,), minval=plan.least, maxval=1.0)
    bound = np.log(ASPECT)
    aspect = jnp.exp(jax.random.uniform(keys[2], (count,), minval=-bound, maxval=bound))
    down, right = (jax.random.uniform(k, (count,)) for k in keys[3:5])
    return jax.vmap(lambda *one: part(one[0], size, *one[1:]))(
        chosen, area, aspect, down, right, flip
    )


def chunks(pictures, size: int, view=None):
    """Pictures in batches of one shape, so that one compiled function reads them all.

    Args:
        pictures: uint8 (n, side, side, 3).
        size: Of the network's input.
        view: (top, left, whether it is flipped) of a crop; None is the center.

    Yields:
        float32 (at most CHUNK, size, size, 3), on the device; the last one is filled up.
    """
    count = min(CHUNK, len(pictures))
    for begin in range(0, len(pictures), count):
        some = pictures[np.arange(begin, begin + count).clip(max=len(pictures) - 1)]
        yield CENTERS(some, size) if view is None else PLACES(some, size, *view)


def ten_views(side: int, size: int):
    """Places of the ten crops of 2012: four corners and the center, and the same flipped."""
    far, middle = side - size, (side - size) // 2
    places = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)]
    return [(*corner, flip) for flip in (False, True) for corner in places]


def _places(pictures, size, top, left, flip):
    return jax.vmap(lambda picture: place(picture, size, top, left, flip))(pictures)


CENTERS, PLACES = jax.jit(center, static_argnums=1), jax.jit(_places, static_argnums=1)


# The training.


class Training:
    """A network and its recipe on a set of pictures: compiled, ready to train and to be asked."""

    def __init__(self, network, plan: Plan, parts, policy: str = "mixed_bfloat16") -> None:
        """Build the network, bring the pictures to the device, compile an epoch."""
        learn = parts["train"]
        self.plan, self.size, self.classes = plan, network.input_size[0], network.classes
        self.steps = len(learn) // plan.batch_size
        how = {"initialization": plan.initialization, "precision": policy}
        self.body = build(network, **how, seed=0)
        layers = [keras.Input((self.size, self.size, 3))]
        if plan.color:
            color = PCAColor(
                plan.color, value_range=(0, 255), magnitude="deviation", seed=0, name="color"
            )
            color.adapt(learn.x[::16].astype("float32"))
            layers.append(color)
        units = 1 / 255, -CENTER
        if plan.bytes:
            units = 1.0, (-learn.x[::4].mean((0, 1, 2), dtype="float64")).round(2).tolist()
        self.model = keras.Sequential([*layers, keras.layers.Rescaling(*units), self.body])
        self.optimizer = plan.optimizer()
        self.optimizer.build(self.model.trainable_variables)
        variables = (
            self.model.trainable_variables,
            self.model.non_trainable_variables,
            self.optimizer.variables,
        )
        self.first = tuple([np.asarray(variable.value) for variable in some] for some in variables)
        kernel = self.body.get_layer("conv1").kernel
        self.conv1 = [variable is kernel for variable in variables[0]].index(True)
        self.pictures, self.labels = jnp.asarray(learn.x), jnp.asarray(learn.y, "int32")
        self.validation = [*chunks(parts["validation"].x, self.size)], parts["validation"].y
        started = time.perf_counter()
        example = self.first, self.pictures, self.labels, *self._of_an_epoch(0, 0.0)
        self.epoch = jax.jit(self._epoch, donate_argnums=0).lower(*example).compile()
        self.answer = jax.jit(self._answer)
        self.probabilities(self.first, self.validation[0], 1)
        self.compile_seconds = time.perf_counter() - started

    def _epoch(self, state, pictures, labels, rows, keys, rates):
        model, optimizer = self.model, self.optimizer
        cross_entropy = keras.losses.CategoricalCrossentropy(label_smoothing=self.plan.smoothing)
        is_rate = [variable.name == "learning_rate" for variable in optimizer.variables]
        assert sum(is_rate) == 1, [variable.name for variable in optimizer.variables]

        def step(state, now):
            learned, rest, slots = state
            rows, key, rate = now
            x, y = varied(pictures, rows, key, self.size, self.plan), labels[rows]

            def loss_of(learned):
                said, after = model.stateless_call(learned, rest, x, training=True)
                return cross_entropy(jax.nn.one_hot(y, self.classes), said), (said, after)

            (loss, (said, rest)), slopes = jax.value_and_grad(loss_of, has_aux=True)(learned)
            slots = [rate if here else slot for here, slot in zip(is_rate, slots, strict=True)]
            learned, slots = optimizer.stateless_apply(slots, slopes, learned)
            return ([*learned], [*rest], [*slots]), (loss, (said.argmax(-1) == y).mean())

        state, (losses, right) = jax.lax.scan(step, state, (rows, keys, rates))
        return state, losses.mean(), right.mean()

    def _answer(self, learned, rest, x):
        return self.model.stateless_call(learned, rest, x, training=False)[0]

    def _of_an_epoch(self, number, rates):
        """Order, keys and rates of one epoch; the first two follow from its number."""
        order = np.random.default_rng([0, number]).permutation(len(self.labels))
        rows = order[: self.steps * self.plan.batch_size].reshape(self.steps, -1)
        keys = jax.random.split(jax.random.key(number), self.steps)
        return rows.astype("int32"), keys, np.broadcast_to(np.float32(rates), self.steps)

    def probabilities(self, state, chunks, count: int) -> np.ndarray:
        """What the network says of pictures in chunks: float32 (count, classes)."""
        said = [self.answer(*state[:2], chunk) for chunk in chunks]
        return np.concatenate([np.asarray(some) for some in said])[:count]

    def run(self, rates):
        """Train from the first weights.

        Args:
            rates: Of every step, (epochs, steps).

        Yields:
            After each epoch, the state and its measures. A loss that is no number ends it.
        """
        state = jax.tree.map(jnp.array, self.first)  # a copy, which the first step may overwrite
        chunks, y = self.validation
        for number, of_epoch in enumerate(rates):
            started = time.perf_counter()
            data = self.pictures, self.labels, *self._of_an_epoch(number, of_epoch)
            state, loss, accuracy = self.epoch(state, *data)
            said = self.probabilities(state, chunks, len(y))
            yield (
                state,
                {
                    "loss": float(loss),
                    "accuracy": float(accuracy),
                    "val_loss": float(-np.log(said[np.arange(len(y)), y].clip(1e-7)).mean()),
                    "val_accuracy": float((said.argmax(1) == y).mean()),
                    "seconds": time.perf_counter() - started,
                },
            )
            if not np.isfinite(loss):
                return

    def epoch_seconds(self) -> float:
        """Time of one epoch with its validation: the second one, for the first warms up."""
        return [now["seconds"] for _, now in self.run(np.zeros((2, self.steps), "float32"))][-1]


def train(
    name: str, plan: Plan, network, about, parts, clock, output: Path, wanted: int, fewest: int
) -> None:
    """Train with one recipe in the time there is, and write down how it went.

    Args:
        name: Of its record.
        plan: Its numbers.
        network: A description, for the set's classes.
        about: What the packed set says of itself.
        parts: Part → ``Split``.
        clock: The time there is.
        output: The folder of the record.
        wanted: Epochs, at most.
        fewest: Epochs, at least: where they do not fit into the time, the run is left out.
    """
    where = "signs" if plan.goal else "training"
    started = time.perf_counter()
    training = Training(network, plan, parts)
    epoch_seconds = training.epoch_seconds()
    record = {
        "finished": False,
        "network": network.name,
        "parameters": training.body.count_params(),
        "recipe": {key: value for key, value in vars(plan).items() if value is not None},
        "precision": "mixed_bfloat16",
        **{key: about[key] for key in ("data", "kind", "encoding")},
        "pictures": {part: len(split) for part, split in parts.items()},
        "compile_seconds": round(training.compile_seconds, 1),
        "epoch_seconds": round(epoch_seconds, 4),
        "tried": {},
        "history": {},
    }

    def left() -> int:  # epochs
        return int((clock.left - END) / (1.1 * epoch_seconds))

    rate, short = plan.rates[0], min(TRIED, wanted // 2, left() // (4 * len(plan.rates)))
    if len(plan.rates) > 1 and short >= 1:
        for tried in plan.rates:
            (*_, (_, last)) = training.run(plan.schedule(tried, short, training.steps))
            record["tried"][str(tried)] = round(last["val_loss"], 4)
        losses = {tried: record["tried"][str(tried)] for tried in plan.rates}
        rate = min(losses, key=lambda tried: np.nan_to_num(losses[tried], nan=np.inf))
        print(name, "rates tried, validation loss:", record["tried"], flush=True)
    epochs = min(wanted, left())
    record |= {"rate": rate, "epochs": epochs}
    if epochs < min(wanted, fewest):
        record["left_out"] = f"only {max(epochs, 0)} epochs fit into the time"
        gpu.save(output, where, name, record)
        return
    history, filters = record["history"], {}
    state = None
    for state, now in training.run(plan.schedule(rate, epochs, training.steps)):
        for key, value in now.items():
            history.setdefault(key, []).append(round(value, 5))
        number = len(history["loss"])
        if name in ("today", "2012") and (number in KEPT or number == epochs):
            filters[f"{name}-{number}"] = np.asarray(state[0][training.conv1], "float16")
        gpu.save(output, where, name, record)
        print(name, number, {key: values[-1] for key, values in history.items()}, flush=True)
    test, size = parts["test"], training.size

    def asked(view):
        return training.probabilities(state, chunks(test.x, size, view), len(test))

    record["finished"] = len(history["loss"]) == epochs
    record["test_accuracy"] = float((asked(None).argmax(1) == test.y).mean())
    if where == "training":
        views = sum(asked(view) for view in ten_views(test.x.shape[1], size))
        record["test_accuracy_ten_views"] = float((views.argmax(1) == test.y).mean())
    if plan.goal:
        reached = np.flatnonzero(np.array(history["val_accuracy"]) >= plan.goal)
        taken = sum(history["seconds"][: reached[0] + 1]) if len(reached) else None
        record |= {"goal": plan.goal, "seconds_to_goal": taken and round(taken, 3)}
    record["seconds"] = round(time.perf_counter() - started, 1)
    gpu.save(output, where, name, record)
    if filters:
        keep(output / gpu.FILTERS, filters)


def keep(file: Path, arrays: dict) -> None:
    """Add arrays to those of a file."""
    if file.exists():
        with np.load(file, allow_pickle=False) as old:
            arrays = {name: old[name] for name in old.files} | arrays
    write_whole(file, lambda target: np.savez_compressed(target, **arrays))


def main() -> None:
    options = gpu.stage_options("gpu_train.py", ["curves", "signs", "arms"])
    gpu.on_gpu(options.rehearsal)
    clock, tiny, stage = options.clock, options.rehearsal, options.stage
    signs, arms = stage == "signs", stage == "arms"
    started = time.perf_counter()
    pictures, side = ("signs", 64) if signs else ("imagenette", SIDE)
    rows = slice(None, None, gpu.FEWER[pictures] if tiny else 1)
    about, parts = gpu.unpack_set(options.pack / f"{pictures}.npz", side, rows)
    count = sum(map(len, parts.values()))
    print(f"{count} pictures decoded in {time.perf_counter() - started:.1f} s", flush=True)
    network = variant(NETWORK)
    network = (gpu.reduced(network) if tiny else network).with_classes(len(about["classes"]))
    recipes = {"curves": ["today", "2012"], "signs": ["signs"], "arms": options.recipes}[stage]
    wanted = options.arm_epochs if arms else options.epochs
    failed, needed = 0, 0.0
    for place, recipe in enumerate(recipes):
        # Arms are compared with each other, so all of them have the same epochs.
        name = f"{recipe}, {wanted} epochs" if arms else recipe
        where = "signs" if signs else "training"
        if name in options.done:
            continue
        if clock.left < needed:
            gpu.save(options.output, where, name, {"left_out": "no time was left for it"})
            continue
        plan, begun = SIGNS if signs else PLANS[recipe], time.perf_counter()
        if tiny:
            plan = replace(plan, batch_size=4, rates=plan.rates[:2])
        shares = [SHARES.get(other, 1) for other in recipes[place:]]
        part = clock if arms else gpu.Clock(clock.left * shares[0] / sum(shares))
        data = changed(network, plan), about, parts, part, options.output
        try:
            train(name, plan, *data, wanted, wanted if arms else FEWEST)
        except Exception as error:  # the next recipe may do
            traceback.print_exc()
            gpu.save(options.output, where, name, {"failed": gpu.without_paths(repr(error))})
            failed += 1
        needed = 0.0 if tiny else time.perf_counter() - begun
    if failed:
        sys.exit(f"{failed} of {len(recipes)} recipes failed; the log says why.")


if __name__ == "__main__":
    main()
