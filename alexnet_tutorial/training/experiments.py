"""What each part of the network and its training is worth: train without it, and compare.

A :class:`Configuration` is one way to train a network, a :class:`Part` names the two
configurations whose difference says what a part is worth, :func:`run` trains one configuration
with one seed, and :func:`run_all` does so for many and can be interrupted at any time. What the
book asks is in :mod:`alexnet_tutorial.training.studies`; the results that it shows are recorded
in the package: :func:`recorded`.
"""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from alexnet_tutorial.pictures.preprocessing import CENTER, Preprocessing, center_crop
from alexnet_tutorial.shapes.architecture import Architecture, pair
from alexnet_tutorial.shapes.variants import variant

if TYPE_CHECKING:
    from alexnet_tutorial.pictures import Sets

RECORDED = Path(__file__).parents[1] / "recorded"
"""Where the runs that the book shows are, made by ``benchmarks/experiments.py``."""


@dataclass(frozen=True)
class Configuration:
    """One way to train a network. The defaults are those of the baseline on hands.

    Attributes:
        name: What it is called in records and figures.
        network: The network's description.
        initialization: ``"he"``, ``"paper"`` or ``"source"``, as
            :func:`alexnet_tutorial.network.build`.
        optimizer: ``"adam"``, or ``"paper"``: the update rule of 2012.
        learning_rate: Where the rate starts.
        weight_decay: Of the rule of 2012.
        bias_multiplier: Of the rule of 2012: how much faster biases learn.
        augment: Whether each epoch shows other crops, rotated, resized, lit and flipped a little;
            ``"2012"``: crops from anywhere, half of them flipped.
        color: Whether color varies along the principal components of the training pictures.
        epochs: Passes through the training pictures; the weights of the last one are kept.
        batch_size: Pictures in one step.
        units: ``"unit"``: pixels / 255 - 0.5; ``"bytes"``: 0 to 255, less the mean color of the
            training pictures.
        deviations: Layer → standard deviation of its first weights, drawn from a normal
            distribution, instead of those of ``initialization``.
        schedule: ``"cosine"`` takes the rate to zero, ``"constant"`` leaves it.
        goal: Training stops after the epoch whose training accuracy is at least this; None: never.
        pictures: How many of the training pictures are shown, drawn with the run's seed, the
            fewer among the more; None: all.
    """

    name: str
    network: Architecture = variant("compact")
    initialization: str = "he"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    bias_multiplier: float = 1.0
    augment: bool | str = True
    color: bool = False
    epochs: int = 10
    batch_size: int = 16
    units: str = "unit"
    deviations: Mapping[str, float] = field(default_factory=dict)
    schedule: str = "cosine"
    goal: float | None = None
    pictures: int | None = None

    def to_json(self) -> dict[str, object]:
        """Return the configuration as plain values, all that a run depends on but its name.

        Runs were recorded before some fields were there: these are named only where they say
        something else than what was done then.

        Example:
            >>> said = Configuration("baseline").to_json()
            >>> said["optimizer"], "units" in said
            ('adam', False)
        """
        values = {name: value for name, value in vars(self).items() if name != "name"}
        for name, then in _ADDED_LATER.items():
            if values[name] == then:
                del values[name]
        return values | {"network": self.network.to_json()}


_ADDED_LATER: dict[str, object] = {
    "units": "unit",
    "deviations": {},
    "schedule": "cosine",
    "goal": None,
    "pictures": None,
}


@dataclass(frozen=True)
class Part:
    """A part of the network or its training, and how its worth is measured.

    Attributes:
        name: What it is called.
        present: The configuration that has it.
        absent: The configuration that has something else, or nothing, in its place.
        against: What that is.
        paper: Points of top-1 accuracy that the paper measured for it on ImageNet, or None where
            it gives no such number.
    """

    name: str
    present: str
    absent: str
    against: str
    paper: float | None = None


def run(configuration: Configuration, seed: int, sets: "Sets") -> dict[str, object]:
    """Train one configuration with one seed, and measure it after its last epoch.

    The seed decides the first weights, dropout, order and augmentation of the pictures. Two
    configurations with one seed see the same pictures in the same order.

    Args:
        configuration: A :class:`Configuration`.
        seed: An integer of at least 0.
        sets: Arrays, as ``load_signs(seed=seed)`` returns them: the seed decides which pictures
            validate.

    Returns:
        A record of plain values: what was run, where and when; accuracy (0 to 1) and loss on the
        middles of the pictures, without dropout: ``train_accuracy``, ``train_loss``,
        ``validation_accuracy`` and so on; and ``history``, with the training loss and accuracy
        that each epoch came to, dropout and augmentation at work. Where the loss was not a number
        or exploded, ``diverged`` says so, and nothing is measured.
    """
    import keras

    from alexnet_tutorial.network import build
    from alexnet_tutorial.pictures import Augmentation, Batches
    from alexnet_tutorial.pictures.augmentation import CROP_AND_FLIP
    from alexnet_tutorial.training import NotFinite, Recipe, fit

    settings = _settings(configuration, sets)  # it reads all pictures: once a run
    if configuration.pictures is not None:
        sets = replace(sets, train=_drawn(sets.train, configuration.pictures, seed))
    preprocessing = _preprocessing(configuration, sets)
    batches = Batches(
        sets.train,
        classes=len(sets.classes),
        preprocessing=preprocessing,
        batch_size=configuration.batch_size,
        augmentation={True: Augmentation(), False: None, "2012": CROP_AND_FLIP}[
            configuration.augment
        ],
        seed=seed,
    )
    model = build(configuration.network, initialization=configuration.initialization, seed=seed)
    _draw_weights(model, configuration.deviations, seed)
    if configuration.color:
        centers = preprocessing.normalize(center_crop(batches.x, pair(preprocessing.crop)))
        model = _with_color(model, centers, seed)
    kept = keras.callbacks.History()
    started, diverged = time.process_time(), ""
    try:
        fit(
            model,
            batches,
            recipe=Recipe(epochs=configuration.epochs, patience=None),
            callbacks=[kept] + ([_stop_at(configuration.goal)] if configuration.goal else []),
            optimizer=_optimizer(configuration, configuration.epochs * len(batches)),
        )
    except NotFinite as error:
        diverged = str(error).partition("\n")[0]
    measured: dict[str, Any] = {"cpu_seconds": round(time.process_time() - started, 1)}
    for name in () if diverged else ("train", "validation", "test"):
        part = Batches(
            getattr(sets, name), preprocessing=preprocessing, augmentation=None, shuffle=False
        )
        said = model.evaluate(part, verbose=0, return_dict=True)
        measured |= {f"{name}_{what}": round(float(said[what]), 6) for what in ("accuracy", "loss")}
    return {
        "key": _key_of(settings, seed),
        "configuration": configuration.name,
        "seed": seed,
        "diverged": diverged,
        **measured,
        "pictures": {name: len(getattr(sets, name)) for name in ("train", "validation", "test")},
        "parameters": model.count_params(),
        "history": {
            name: [round(float(value), 4) for value in kept.history.get(name, [])]
            for name in ("loss", "accuracy")
        },
        "settings": settings,
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _drawn(split, pictures, seed):
    """So many of the pictures, in another order: the fewer are among the more."""
    if not 0 < pictures <= len(split):
        raise ValueError(
            f"{pictures} training pictures are asked for, and there are {len(split)}. Ask for "
            "fewer, or for None: all."
        )
    rows = np.random.default_rng([seed, len(split)]).permutation(len(split))[:pictures]
    return replace(split, x=split.x[rows], y=split.y[rows])


def _preprocessing(configuration, sets):
    """From the pixels of the sets to the numbers in whose units the network learns."""
    short, size = min(sets.train.x.shape[1:3]), configuration.network.input_size
    if configuration.units == "unit":
        return Preprocessing(short, size, mean=CENTER)
    mean = sets.train.x.mean((0, 1, 2), dtype=np.float64)
    return Preprocessing(short, size, scale=1.0, mean=tuple(mean.round(3).tolist()))


def _draw_weights(model, deviations, seed):
    """First weights from normal distributions, in the layers that are named."""
    import keras

    for index, (name, deviation) in enumerate(sorted(deviations.items())):
        kernel = model.get_layer(name).kernel
        draw = keras.initializers.RandomNormal(stddev=deviation, seed=1000 * seed + index)
        kernel.assign(draw(kernel.shape))


def _stop_at(accuracy):
    """Stop after the epoch whose training accuracy is at least this."""
    import keras

    def look(epoch, logs):
        callback.model.stop_training = logs["accuracy"] >= accuracy

    callback = keras.callbacks.LambdaCallback(on_epoch_end=look)
    return callback


def _optimizer(configuration, steps):
    import keras

    rate = configuration.learning_rate
    if configuration.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    if configuration.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    from alexnet_tutorial.training.optimizers import PaperSGD

    return PaperSGD(
        rate,
        weight_decay=configuration.weight_decay,
        bias_multiplier=configuration.bias_multiplier,
    )


def _with_color(model, pictures, seed):
    """The model behind a layer that varies colors in training, and only then."""
    import keras

    from alexnet_tutorial.pictures import PCAColor

    # The deviation, as the source of 2012 has it: the eigenvalue of such pixels, a variance, is
    # several times smaller, and the color would hardly be seen.
    color = PCAColor(0.1, value_range=(-0.5, 0.5), magnitude="deviation", seed=seed, name="color")
    color.adapt(pictures)
    return keras.Sequential([keras.Input(model.input_shape[1:]), color, model], name=model.name)


def machine() -> str:
    """Say what a run was made on: versions, processor and threads.

    Example:
        >>> "Python" in machine()
        True
    """
    from alexnet_tutorial.session import cpu, describe

    threads = os.environ.get("OMP_NUM_THREADS", "all")
    return f"{describe()}; {cpu()}, threads: {threads}"


def _settings(configuration, sets):
    """All that a run depends on besides its seed, in plain values."""
    import keras

    digest = hashlib.sha256()
    for part in (sets.train, sets.validation, sets.test):
        digest.update(np.ascontiguousarray(part.x))
        digest.update(np.ascontiguousarray(part.y))
    return {
        **configuration.to_json(),
        "data": f"{sets.kind}, sha256 {digest.hexdigest()[:12]}",
        "keras": f"{keras.__version__} on {keras.backend.backend()}",
    }


def key(configuration: Configuration, seed: int, sets: "Sets") -> str:
    """Identify a run by all that its result depends on: configuration, seed, data, Keras.

    Args:
        configuration: A :class:`Configuration`; its name does not count.
        seed: The seed.
        sets: The pictures.

    Returns:
        Twelve hexadecimal digits.
    """
    return _key_of(_settings(configuration, sets), seed)


def _key_of(settings, seed):
    text = json.dumps([settings, seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_runs(path: str | os.PathLike[str]) -> list[dict]:
    """Read the runs of a file, one JSON object a line.

    A last line that does not end was being written when its program was killed: it does not
    count, and :func:`add_run` replaces it.

    Args:
        path: The file; where there is none, there are no runs.

    Returns:
        The records, in the order in which they were made.

    Raises:
        ValueError: A whole line is not a record; the message says which.

    Example:
        >>> read_runs("no such file")
        []
    """
    path = Path(path)
    if not path.exists():
        return []
    runs = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            record = json.loads(line)
            record["key"], record["configuration"], record["seed"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path}, line {number}: {line[:60]!r} is not a run ({error!r}); expected a JSON "
                "object with key, configuration and seed. Was the file edited? Remove this line, "
                "and its run is made again."
            ) from None
        runs.append(record)
    return runs


def add_run(path: str | os.PathLike[str], record: dict) -> None:
    """Append one run to a file, so that it is there whole or not at all.

    Args:
        path: The file; it is made where there is none.
        record: What :func:`run` returned.
    """
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    with open(path, "ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)  # what a killed program left of a line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def run_all(
    path: str | os.PathLike[str],
    configurations: Iterable[Configuration],
    seeds: Iterable[int],
    load: "Callable[[int], Sets]",
    train: "Callable[[Configuration, int, Sets], dict]" = run,
    report: Callable[[str], object] = print,
) -> int:
    """Make every run that a file does not hold yet, and append each as soon as it is done.

    It can be killed at any time and started again: finished runs are neither lost nor repeated.

    Args:
        path: The file of runs.
        configurations: What to run, in this order, each with every seed.
        seeds: The seeds.
        load: Gives the pictures for a seed, such as ``lambda seed: load_signs(seed=seed)``.
        train: Makes one run, as :func:`run` does.
        report: Called with a line of text for each run.

    Returns:
        How many runs were made.
    """
    pictures = {seed: load(seed) for seed in seeds}
    made = 0
    for configuration in configurations:
        for seed in seeds:
            wanted = key(configuration, seed, pictures[seed])
            # Read anew before each run: another process may write to the same file.
            if any(record["key"] == wanted for record in read_runs(path)):
                continue
            record = train(configuration, seed, pictures[seed])
            add_run(path, record)
            made += 1
            report(f"{configuration.name}, seed {seed}: {_came_to(record)}")
    return made


def _came_to(record):
    if record["diverged"]:
        return record["diverged"]
    shares = (f"{name} {record[f'{name}_accuracy']:.1%}" for name in ("validation", "test"))
    return ", ".join(shares)


def recorded(name: str) -> list[dict]:
    """Read the runs that the book shows.

    Args:
        name: Of their file, ``<study>.jsonl``; :data:`alexnet_tutorial.training.studies.STUDIES`
            has the studies.

    Returns:
        The records, as :func:`run` made them.

    Example:
        >>> recorded("hands.jsonl")[0]["configuration"]
        'baseline'
    """
    return read_runs(RECORDED / name)


def arm(configuration: str) -> str:
    """Name the arm of an experiment that a configuration belongs to: its name without the rate.

    Args:
        configuration: A name such as ``"tanh, rate 0.01"``.

    Returns:
        ``"tanh"``; a name without a rate is its arm's own.

    Example:
        >>> arm("relu, bytes, rate 0.001"), arm("baseline")
        ('relu, bytes', 'baseline')
    """
    name, _, rate = configuration.rpartition(", rate ")
    return name if name else rate


def best_rates(
    runs: Iterable[dict], measure: "Callable[[dict], float]", seed: int = 0
) -> dict[str, str]:
    """Choose each arm's learning rate: the one whose run with this seed measures highest.

    Args:
        runs: Records, as :func:`run` makes them; those that diverged are never chosen.
        measure: Run → a number, such as its validation accuracy; never the test pictures'.
        seed: Only runs with this seed are compared.

    Returns:
        Arm → name of the chosen configuration, in the order of the runs.

    Example:
        >>> runs = [
        ...     {"configuration": f"a, rate {rate}", "seed": 0, "diverged": "", "validation": value}
        ...     for rate, value in ((0.01, 0.4), (0.1, 0.6))
        ... ]
        >>> best_rates(runs, lambda run: run["validation"])
        {'a': 'a, rate 0.1'}
    """
    best: dict[str, dict] = {}
    for record in runs:
        if record["seed"] != seed or record["diverged"]:
            continue
        name = arm(record["configuration"])
        if name not in best or measure(record) > measure(best[name]):
            best[name] = record
    return {name: record["configuration"] for name, record in best.items()}


def tuned(
    runs: Iterable[dict], measure: "Callable[[dict], float]", seed: int = 0
) -> list[dict[str, Any]]:
    """Keep the runs of each arm's best rate, and call them by the arm's name.

    Args:
        runs: Records, as :func:`run` makes them.
        measure: As :func:`best_rates`.
        seed: As :func:`best_rates`.

    Returns:
        Records that :func:`effect` can compare; their rate is in ``settings``.
    """
    runs = list(runs)
    best = {*best_rates(runs, measure, seed).values()}
    return [
        record | {"configuration": arm(record["configuration"])}
        for record in runs
        if record["configuration"] in best
    ]


class Effect(NamedTuple):
    """What a part is worth, in points of accuracy.

    Attributes:
        points: Mean difference, with the part minus without it; above 0 the part helps.
        low: Lower end of the 95 % interval.
        high: Upper end.
        differences: One for each seed.
    """

    points: float
    low: float
    high: float
    differences: tuple[float, ...]


def effect(runs: list[dict], part: Part, measure: str = "test_accuracy") -> Effect:
    """Measure what a part is worth: the mean difference over seeds, with its interval.

    The interval is Student's t for paired differences, ``mean ± t · s / √n``, with ``s`` their
    standard deviation and ``t`` for n − 1 degrees of freedom (Student, 1908,
    doi:10.2307/2331554).

    Args:
        runs: Records, as :func:`recorded` gives them.
        part: A :class:`Part`.
        measure: ``"test_accuracy"`` or ``"validation_accuracy"``.

    Returns:
        An :class:`Effect`.

    Raises:
        ValueError: Fewer than two seeds were run both with the part and without it.

    Example:
        >>> runs = [
        ...     {"configuration": name, "seed": seed, "test_accuracy": value}
        ...     for name, values in {"a": (0.9, 0.8), "b": (0.8, 0.6)}.items()
        ...     for seed, value in enumerate(values)
        ... ]
        >>> [round(number, 1) for number in effect(runs, Part("x", "a", "b", "none"))[:3]]
        [15.0, -48.5, 78.5]
    """
    by_seed = {
        name: {
            run["seed"]: run[measure]
            for run in runs
            if run["configuration"] == name and not run.get("diverged")
        }
        for name in (part.present, part.absent)
    }
    present, absent = by_seed[part.present], by_seed[part.absent]
    seeds = sorted(set(present) & set(absent))
    if len(seeds) < 2:
        raise ValueError(
            f"{part.name}: {len(present)} runs of {part.present!r} and {len(absent)} of "
            f"{part.absent!r} share {len(seeds)} seeds, and an interval needs at least 2. Run "
            "them with the same seeds: python benchmarks/experiments.py."
        )
    differences = np.array([100 * (present[seed] - absent[seed]) for seed in seeds])
    mean = differences.mean()
    half = student_t(len(seeds) - 1) * differences.std(ddof=1) / math.sqrt(len(seeds))
    return Effect(float(mean), float(mean - half), float(mean + half), tuple(differences.tolist()))


def student_t(degrees: int, share: float = 0.95) -> float:
    """Find the number that Student's t stays below, either side of 0, with this probability.

    Args:
        degrees: Degrees of freedom, at least 1: for n differences, n − 1.
        share: The probability, from 0 to below 1.

    Returns:
        The number: for many degrees and 0.95, the 1.96 of the normal distribution.

    Example:
        >>> round(student_t(4), 3), round(student_t(1000), 2)
        (2.776, 1.96)
    """
    from scipy import stats

    return float(stats.t.ppf((1 + share) / 2, degrees))
