"""One batch of whatever ``fit`` takes: arrays, a Dataset, a PyDataset, a loader, a generator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import GeneratorType
from typing import Any

from alexnet_tutorial.doctor import words
from alexnet_tutorial.doctor.report import Finding


@dataclass
class Batch:
    """What one step of ``fit`` would get.

    Args:
        x: An array, or a list or dict of arrays; None where there is none.
        y: The same for the labels.
        source: What the batch was taken from, such as ``"Dataset"``; empty for arrays.
        findings: What is wrong with the form of the data.
        limits: What was done to read them, in sentences.
    """

    x: Any = None
    y: Any = None
    source: str = ""
    findings: list[Finding] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    @property
    def several(self) -> bool:
        """More than one array comes in."""
        return isinstance(self.x, (dict, list))


def take_batch(x: Any, y: Any, inputs: int = 1, outputs: int = 1) -> Batch:
    """Take one batch, and say what is wrong with the form in which it comes.

    Args:
        x: Whatever is given to ``fit`` as ``x``.
        y: The same for ``y``.
        inputs: How many arrays the model takes (0 where that is not known).
        outputs: How many it gives (0 where that is not known).

    Returns:
        The batch. Of a Dataset or a generator no more than one is read.

    Example:
        >>> import numpy as np
        >>> batch = take_batch(((np.zeros((4, 8, 8, 3)), np.zeros(4)) for _ in range(2)), None)
        >>> batch.source, batch.x.shape, batch.y.shape
        ('generator', (4, 8, 8, 3), (4,))
    """
    batch = Batch()
    batch.source = _source(x)
    if isinstance(x, (str, bytes)) or hasattr(x, "__fspath__"):
        batch.findings.append(_a_name(str(x)))
        x = None
    elif batch.source == "function":
        batch.findings.append(_a_function(x))
        x = None
    elif batch.source:
        x, y = _read_source(batch, x, y)
    batch.x = _arrays(batch, "x", x, inputs)
    batch.y = _arrays(batch, "y", y, outputs)
    return batch


def _fault(code: str, message: str, cause: str, cure: str, **numbers: Any) -> Finding:
    return Finding(code, "fault", None, message, cause, cure, numbers)


def _a_name(name: str) -> Finding:
    return _fault(
        "data-source",
        f"x is the name {name!r}, not pictures: fit opens no files.",
        "A folder or a file has to be read first.",
        f"Write `keras.utils.image_dataset_from_directory({name!r}, image_size=(height, width))`, "
        "which has one subfolder for each class, and give that to fit.",
    )


def _a_function(x: Any) -> Finding:
    name = getattr(x, "__name__", "x")
    return _fault(
        "data-source",
        f"x is the function {name}, and fit takes what it returns.",
        "A generator function gives batches only after it is called.",
        f"Write `{name}()`, with parentheses.",
    )


def _source(x: Any) -> str:
    """What kind of source of batches it is; empty for arrays and collections of them."""
    kinds = list(type(x).__mro__)
    names = [kind.__name__ for kind in kinds]
    if hasattr(x, "element_spec") and hasattr(x, "batch"):
        return "Dataset"
    if "PyDataset" in names:
        return "PyDataset"
    if any(kind.__module__.startswith("torch.utils.data") for kind in kinds):
        return "DataLoader" if "DataLoader" in names else "torch Dataset"
    if hasattr(x, "__next__"):
        return "generator"
    if callable(x) and not hasattr(x, "shape"):
        return "function"
    plain = isinstance(x, (list, tuple, dict)) or hasattr(x, "shape") or hasattr(x, "__array__")
    if not plain and hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return "sequence"
    return ""


def _read_source(batch: Batch, x: Any, y: Any) -> tuple[Any, Any]:
    kind, source = type(x).__name__, batch.source
    if source in ("sequence", "torch Dataset"):
        batch.findings.append(
            _fault(
                "data-source",
                f"x is a {kind}, and fit does not know what that is.",
                "fit takes arrays, a tf.data.Dataset, a keras.utils.PyDataset, a torch DataLoader "
                "or a generator."
                + (" In Keras 3 `Sequence` is PyDataset." if source == "sequence" else ""),
                f"Write `class {kind}(keras.utils.PyDataset):` and call `super().__init__()` in "
                "its __init__."
                if source == "sequence"
                else "Write `torch.utils.data.DataLoader(x, batch_size=32)`.",
            )
        )
    if y is not None:
        batch.findings.append(
            _fault(
                "data-source",
                f"y was given beside a {source or kind}, and fit refuses that: the labels come "
                "with the pictures.",
                f"Each batch of a {source or kind} holds (pictures, labels).",
                "Leave y out: `model.fit(x, epochs=…)`.",
            )
        )
    try:
        if source in ("PyDataset", "sequence", "torch Dataset"):
            if not len(x):
                raise StopIteration
            item = x[0]
        elif source == "generator":
            item = next(x)
            batch.limits.append("One batch was taken from the generator and is used up.")
        else:
            item = next(islice(iter(x), 1))
    except StopIteration:
        batch.findings.append(
            _fault(
                "data-source",
                f"The {source} gives nothing: there is not one batch in it.",
                "No file was found (a wrong folder or pattern), everything was filtered out, or a "
                "generator that has ended was given again.",
                "Look at what it was made from; make a generator anew for each fit.",
            )
        )
        return None, None
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        batch.findings.append(
            _fault(
                "data-source",
                f"Reading the first batch of the {source} fails: {type(error).__name__}: {text}",
                "The function that makes the batch, or a file that it reads.",
                "Read one batch by hand until it works: "
                + ("`x[0]`." if source == "PyDataset" else "`next(iter(x))`."),
            )
        )
        return None, None
    if source == "generator" and not isinstance(x, GeneratorType):
        batch.findings.append(
            _fault(
                "data-source",
                f"x is a {kind}, and fit takes a generator, not any iterator.",
                "fit asks for what a function with `yield`, or (… for … in …), gives.",
                "Write `(batch for batch in x)`.",
            )
        )
    if source == "generator" and isinstance(item, list):
        batch.findings.append(
            _fault(
                "data-source",
                "The generator gives a list, and fit wants a tuple: (pictures, labels).",
                "Keras 3 takes a list for several inputs.",
                "Write `yield x, y` in place of `yield [x, y]`.",
            )
        )
        item = tuple(item)
    if isinstance(item, list) and source in ("DataLoader", "torch Dataset", "PyDataset"):
        item = tuple(item)
    if not isinstance(item, tuple):
        item = (item,)
    return item[0], item[1] if len(item) > 1 else None


def _arrays(batch: Batch, what: str, value: Any, wanted: int) -> Any:
    """The value as arrays: one, a list of them, or a dict."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {str(k): _array(batch, f"{what}[{k!r}]", v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) == 1 and _rank(value[0]) > 0:
            return _array(batch, what, value[0])
        if value and all(_rank(each) > 0 for each in value) and _looks_several(value, wanted):
            return [_array(batch, f"{what}[{i}]", each) for i, each in enumerate(value)]
        return _from_list(batch, what, value)
    return _array(batch, what, value)


def _looks_several(value: Sequence[Any], wanted: int) -> bool:
    """A list is one array for each input or output; else it is a list of pictures or labels."""
    if wanted > 1:
        return len(value) == wanted or len({len(each) for each in value}) == 1
    ranks = {_rank(each) for each in value}
    return len(value) == 2 and len(ranks) == 2 and len(value[0]) == len(value[1])


def _rank(value: Any) -> int:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return len(shape)
    return 1 + _rank(value[0]) if isinstance(value, (list, tuple)) and value else 0


def _from_list(batch: Batch, what: str, value: Sequence[Any]) -> Any:
    import numpy as np

    array = _array(batch, what, value)
    if array is None or array.dtype.kind not in "biuf":
        return array
    if what == "x":
        batch.findings.append(
            _fault(
                "data-source",
                f"x is a Python {type(value).__name__} of {len(value):,} pictures, and fit reads a "
                "list as one input each.",
                "A list stands for the inputs of a model that has several.",
                f"Write `np.stack(x)`, which has shape {tuple(np.shape(array))}.",
                count=len(value),
            )
        )
    else:
        batch.findings.append(
            Finding(
                "data-source",
                "note",
                None,
                f"{what} is a Python {type(value).__name__} of {len(value):,} labels; fit refuses "
                "it (“Unrecognized data type”).",
                "fit takes arrays.",
                "Write `np.array(y)`.",
                {"count": len(value)},
            )
        )
    return array


def _array(batch: Batch, what: str, value: Any) -> Any:
    """One array; None, with a finding, where no array can be made of it."""
    import numpy as np

    if isinstance(value, str):
        batch.findings.append(_a_name(value))
        return None
    try:
        array = np.asarray(value)
    except Exception:
        items = list(value)
        array = np.empty(len(items), dtype=object)
        array[:] = items
    if array.dtype.kind == "O" and array.ndim:
        found = _objects(what, array)
        if found is not None:
            batch.findings.append(found)
            return None
        array = _numbers_or_text(array)
        if array.dtype.kind == "f" and hasattr(value, "dtype"):
            batch.findings.append(
                _fault(
                    "data-dtype",
                    f"{what} is an array of objects, shape {array.shape}, and fit refuses it "
                    "(“Invalid dtype: object”), although they are numbers.",
                    "It was made with dtype=object, or from lists of unlike kinds.",
                    f"Write `{what}.astype('float32')`.",
                    dtype="object",
                    shape=list(array.shape),
                )
            )
    if array.dtype.kind in "SU":
        batch.findings.append(_text(what, array))
        return None
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        batch.findings.append(
            _fault(
                "data-dtype",
                f"{what} holds {array.dtype}, not numbers (shape {array.shape}).",
                "fit computes with numbers only.",
                f"Make numbers of it, such as `{what}.astype('float32')`.",
                dtype=str(array.dtype),
                shape=list(array.shape),
            )
        )
        return None
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def _numbers_or_text(array: Any) -> Any:
    first = array.reshape(-1)[0] if array.size else 0
    if isinstance(first, bytes):
        return array.astype("S")
    if isinstance(first, str):
        return array.astype("U")
    try:
        return array.astype("float64")
    except (TypeError, ValueError):
        return array


def _objects(what: str, array: Any) -> Finding | None:
    """What is wrong with an array of objects: None among them, or sizes that differ."""
    import numpy as np

    items = list(array.reshape(-1)) if array.ndim > 1 else list(array)
    one = "picture" if what[0] == "x" else "label"
    numbers = {"dtype": "object", "shape": list(array.shape)}
    gone = sum(item is None for item in items)
    if gone:
        at = next(i for i, item in enumerate(items) if item is None)
        return _fault(
            "data-dtype",
            f"{gone:,} of {len(items):,} {one}s in {what} {'are' if gone > 1 else 'is'} None, the "
            f"first at {at}.",
            "`cv2.imread` gives None, and no error, where it finds no file or cannot read it: look "
            "at the path."
            if one == "picture"
            else "A missing entry in the list of labels.",
            "Find them with `[i for i, one in enumerate("
            f"{what}) if one is None]`, and correct their paths or leave them out.",
            count=gone,
            **numbers,
        )
    shapes = [np.shape(item) for item in items if np.ndim(item)]
    if len(set(shapes)) > 1:
        several = sorted(set(shapes), key=shapes.index)
        gray = len({len(shape) for shape in several}) > 1 or (
            len({shape[:2] for shape in several}) == 1
        )
        shown = ", ".join(words.times(shape) for shape in several[:3])
        more = f" and {len(several) - 3} more" if len(several) > 3 else ""
        return _fault(
            "data-dtype",
            f"{what} holds {len(items):,} {one}s of unlike sizes: {shown}{more}.",
            "Some are gray and some in color, or carry transparency."
            if gray
            else "Arrays have one size for all; pictures from files have each their own.",
            "Read each with `keras.utils.load_img(path, color_mode='rgb')`, then `np.stack`."
            if gray
            else "Bring each to one size as it is read, "
            "`keras.utils.load_img(path, target_size=(height, width))`, then `np.stack(pictures)`.",
            sizes=[list(shape) for shape in several],
            **numbers,
        )
    return None


_FILE = re.compile(r"\.(jpe?g|png|gif|bmp|tiff?|webp|npy)$", re.IGNORECASE)


def _text(what: str, array: Any) -> Finding:
    import numpy as np

    values = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
        for one in array.reshape(-1)[:1000]
    ]
    some = ", ".join(map(repr, dict.fromkeys(values[:20] and values)))
    some = some if len(some) < 70 else ", ".join(map(repr, list(dict.fromkeys(values))[:3])) + ", …"
    numbers = {"dtype": "text", "shape": list(array.shape)}
    if all(_FILE.search(value) for value in values):
        return _fault(
            "data-dtype",
            f"{what} holds the names of files ({values[0]!r}, …), not pictures.",
            "The files still have to be read.",
            "Read each: `np.stack([keras.utils.img_to_array(keras.utils.load_img(name, "
            "target_size=(height, width))) for name in names])`.",
            **numbers,
        )
    numeric = all(re.fullmatch(r"\s*-?\d+(\.\d*)?\s*", value) for value in values)
    if what[0] == "x" or numeric:
        return _fault(
            "data-dtype",
            f"{what} holds text ({some}), not numbers (shape {array.shape}).",
            "Numbers that were read from a text file stay text until they are converted."
            if numeric
            else "Something else was read than the pixels.",
            f"Write `{what}.astype('float32')`."
            if what[0] == "x"
            else f"Write `{what}.astype(int)`.",
            **numbers,
        )
    classes = len(np.unique(values))
    return _fault(
        "data-dtype",
        f"{what} holds text ({some}), not numbers (shape {array.shape}): {classes} names of "
        "classes.",
        "Labels read from a file or from the names of folders are text; the loss compares numbers.",
        f"Give each class its number: `classes, {what} = np.unique({what}, return_inverse=True)`. "
        "`classes` keeps the names.",
        **numbers,
    )
