"""A traceback, as pasted from a terminal, Jupyter or Colab, explained by the error index.

The message is found by patterns, not by words: what differs from run to run (names of layers,
shapes, folders) is left out of them. Nothing is guessed: a message that the index does not have
is said to be unknown.
"""

import json
import re
import textwrap
from dataclasses import dataclass
from html import escape

from alexnet_tutorial.error_index import CASES, Case
from alexnet_tutorial.workbench import site

PAGE = f"{site() or ''}book/91_error_index.html"
"""The page of the error index."""

CHAPTERS = {
    "11_convolution": "One convolution, counted by hand",
    "13_eight_layers": "The eight layers, one by one",
    "14_puzzle_224": "The 224 puzzle",
    "22_data": "The data: look before you train",
    "23_first_training": "A first training run that works",
    "24_broken_notebook": "A broken notebook",
    "33_two_towers": "Two towers",
    "34_assembled": "AlexNet assembled",
    "41_evaluation": "Evaluation: what a score says",
    "42_transfer": "Transfer: starting from what another network knows",
    "44_own_pictures": "Your own pictures",
}
"""The chapters that sections of the index lead to."""


@dataclass(frozen=True)
class Section:
    """What a section of the index advises.

    Args:
        cure: What to do, in a sentence or two.
        chapter: The chapter that explains, a key of :data:`CHAPTERS`.
    """

    cure: str
    chapter: str


SECTIONS = {
    "window": Section(
        "Count the sizes down to that layer. Give a larger picture, a smaller window or stride, or "
        "padding='same'. If the input's first size is 1 or 3, move the axes: "
        "keras.Input((height, width, channels)) and np.moveaxis(x, 1, -1).",
        "11_convolution",
    ),
    "groups": Section(
        "Choose filters and groups so that the groups divide both the channels that come in and "
        "the filters. In AlexNet only conv2, conv4 and conv5 have groups.",
        "13_eight_layers",
    ),
    "nhwc": Section(
        "Build the model in channels_last and transpose the pictures: x.transpose(0, 2, 3, 1).",
        "34_assembled",
    ),
    "pool-grad": Section(
        "Use keras.layers.MaxPooling2D, or transpose the maps to channels_last before "
        "tf.nn.max_pool2d.",
        "34_assembled",
    ),
    "incompatible": Section(
        "Resize the pictures to model.input_shape, or build the model for their size. Gray "
        "pictures for a color model: np.repeat(x, 3, axis=-1).",
        "13_eight_layers",
    ),
    "batch-axis": Section("Give a batch of one: picture[np.newaxis].", "11_convolution"),
    "keras-tensor": Section(
        "Write keras.ops in place of tf., or put the call into a layer.", "13_eight_layers"
    ),
    "flatten": Section(
        "Put Flatten() or GlobalAveragePooling2D() between the last maps and the first dense "
        "layer.",
        "13_eight_layers",
    ),
    "one-hot": Section(
        "Class numbers go with sparse_categorical_crossentropy, one-hot labels with "
        "categorical_crossentropy. Change the loss or the labels, not both; one unit with sigmoid "
        "takes labels of 0 and 1.",
        "23_first_training",
    ),
    "masks": Section(
        "Resize the masks with the pictures, interpolation='nearest', or bring the output to their "
        "size with UpSampling2D or Conv2DTranspose.",
        "22_data",
    ),
    "range": Section(
        "Look with np.unique(labels). Count from 0; give the head a unit for each class; masks of "
        "0 and 255 become 0 and 1 by masks > 127.",
        "22_data",
    ),
    "cardinality": Section(
        "Compare x.shape and y.shape: the first numbers must be equal. Labels of shape (1, n) "
        "become y[0]; a list of pictures becomes np.stack(pictures).",
        "22_data",
    ),
    "truth": Section(
        "Say which you mean: (a == b).all() or .any(); np.array_equal(a, b).", "34_assembled"
    ),
    "built": Section(
        "Begin the model with keras.Input(shape), or call it once on a batch.", "11_convolution"
    ),
    "locate": Section(
        "Register the class: @keras.saving.register_keras_serializable(); or give it, "
        "load_model(path, custom_objects={'Name': Name}).",
        "23_first_training",
    ),
    "lambda": Section(
        "Load with safe_mode=False only what you made yourself; replace the Lambda with a layer.",
        "23_first_training",
    ),
    "load-weights": Section(
        "Build the network that saved the weights. The two sizes tell what differs before Flatten: "
        "9216 is 6 · 6 · 256, 6400 is 5 · 5 · 256.",
        "14_puzzle_224",
    ),
    "weight-layout": Section(
        "Move the axes, do not reshape: kernel.transpose(2, 3, 1, 0) from PyTorch; give the bias "
        "as well.",
        "13_eight_layers",
    ),
    "gone": Section(
        "Use today's names: learning_rate, epochs, steps_per_epoch, strides, padding, "
        "kernel_initializer, inputs, outputs; fit and predict take generators.",
        "24_broken_notebook",
    ),
    "gone-imports": Section(
        "Import from the public places: keras, keras.layers, keras.utils, keras.ops.",
        "24_broken_notebook",
    ),
    "gone-names": Section(
        "Use today's place: keras.ops for most of keras.backend, keras.layers for the layers of "
        "pictures, Adam and SGD with capitals.",
        "24_broken_notebook",
    ),
    "tensorflow-1": Section(
        "Write the model in Keras and call fit; tf.compat.v1 still has the old names.",
        "24_broken_notebook",
    ),
    "numpy-names": Section(
        "Write float, int, bool, object in your code. If the line is in a package, update it: "
        "pip install -U NAME.",
        "24_broken_notebook",
    ),
    "history": Section(
        "Look at history.history.keys(). The key is 'accuracy', with validation data "
        "'val_accuracy'; give callbacks monitor='val_accuracy', mode='max'.",
        "23_first_training",
    ),
    "predict-classes": Section(
        "Write model.predict(x).argmax(axis=-1); for one unit with sigmoid, model.predict(x) > "
        "0.5.",
        "41_evaluation",
    ),
    "file-names": Section(
        "model.save('model.keras') for the whole model, model.save_weights('model.weights.h5') for "
        "the weights; the same endings in ModelCheckpoint.",
        "23_first_training",
    ),
    "cannot-load": Section(
        "See what the file is: python -m alexnet_tutorial doctor FILE. Weights alone go into the "
        "model that you build: model.load_weights(path). A SavedModel folder becomes a layer: "
        "keras.layers.TFSMLayer(folder, call_endpoint='serving_default').",
        "23_first_training",
    ),
    "ran-out": Section(
        "Leave out steps_per_epoch, or put .repeat() after the Dataset, or `while True:` around "
        "the generator's loop. At the first batch: the data are empty.",
        "23_first_training",
    ),
    "unlike": Section(
        "Resize every picture as you read it, then np.stack(pictures). Look for None: "
        "cv2.imread returns it for a file that it does not find.",
        "22_data",
    ),
    "text-labels": Section(
        "classes, y = np.unique(labels, return_inverse=True) gives each class its number; "
        "np.array(y) makes an array of a list.",
        "22_data",
    ),
    "only-layers": Section(
        "Use one Keras: import everything from keras. A model of tensorflow_hub needs tf_keras for "
        "all of it, or keras.layers.TFSMLayer.",
        "42_transfer",
    ),
    "unknown-variable": Section(
        "Make a new optimizer for each model, and compile again after you have changed trainable.",
        "44_own_pictures",
    ),
    "fully-defined": Section(
        "Give keras.Input the height and width, or use GlobalAveragePooling2D instead of Flatten.",
        "11_convolution",
    ),
    "allow-pickle": Section(
        "np.load(path, allow_pickle=True).item() gives the dict, if you trust the file: a pickle "
        "runs code.",
        "42_transfer",
    ),
    "identifier": Section(
        "Dense(4096, activation='relu'): Keras finds out by itself how many numbers come in. Spell "
        "names as in keras.activations, keras.losses, keras.optimizers.",
        "11_convolution",
    ),
    "inputs-count": Section(
        "Give one array for each of model.inputs, in a list or in a dict by their names; a single "
        "input takes an array, not a list.",
        "23_first_training",
    ),
    "no-labels": Section(
        "fit(x, y) for arrays; with a Dataset, (pictures, labels) in each of its elements and no "
        "y. Split a Dataset with take and skip.",
        "23_first_training",
    ),
    "not-compiled": Section(
        "model.compile(optimizer, loss, metrics=['accuracy']) before fit and evaluate.",
        "23_first_training",
    ),
    "same-names": Section("Give each layer a name of its own, or none.", "13_eight_layers"),
    "no-pictures": Section(
        "Look at the path and what is in it: list(Path(folder).iterdir()). One subfolder for each "
        "class, and the pictures in those.",
        "22_data",
    ),
    "class-count": Section(
        "Count classes from 0 to n - 1, with np.unique; build a base with include_top=False and "
        "put a head of your own on it.",
        "42_transfer",
    ),
    "reshape": Section(
        "Print array.shape first: the product of the sizes must stay the same. To move axes, use "
        "transpose.",
        "13_eight_layers",
    ),
    "nothing-trains": Section(
        "Set layer.trainable = True on what should learn, and compile again.", "44_own_pictures"
    ),
    "uint8": Section(
        "Put keras.layers.Rescaling(1 / 255) first, or give x.astype('float32') / 255.",
        "23_first_training",
    ),
    "oom": Section(
        "Halve the batch until it fits; shut down other notebooks that hold memory.",
        "33_two_towers",
    ),
    "nan": Section(
        "np.isfinite(x).all(), then the largest pixel, then a tenth of the learning rate. Start "
        "again with new weights.",
        "23_first_training",
    ),
}
"""Each section's advice, by its anchor on the page."""


@dataclass(frozen=True)
class Answer:
    """What a traceback says.

    Args:
        message: Its last line: kind and message.
        cases: The index's cases that match, the best first; empty when it knows none.
    """

    message: str
    cases: tuple[Case, ...]

    def __str__(self) -> str:
        """Return the answer as text for a terminal."""
        shown = textwrap.shorten(self.message, 300, placeholder=" …")
        if not self.cases:
            return (
                _wrap(
                    f"The index does not know this message: {shown}"
                    if shown
                    else "There is no text."
                )
                + "\n"
                + _wrap(f"Paste the whole traceback, to its last line; or search {PAGE}.")
            )
        first = self.cases[0]
        section = SECTIONS[first.section]
        lines = [
            _wrap(shown),
            "",
            _wrap(f"Cause: {first.cause}."),
            _wrap(f"Cure: {section.cure}"),
            _wrap(f"Chapter: {CHAPTERS[section.chapter]} (book/{section.chapter}.ipynb)"),
            f"More: {PAGE}#{first.section}",
        ]
        others = [case for case in self.cases[1:] if case.section != first.section][:2]
        lines += [_wrap(f"Or: {case.cause} ({PAGE}#{case.section})") for case in others]
        return "\n".join(lines)

    def to_json(self) -> dict:
        """Return the answer as plain values."""
        return {
            "message": self.message,
            "cases": [
                {
                    "section": case.section,
                    "cause": case.cause,
                    "cure": SECTIONS[case.section].cure,
                    "chapter": SECTIONS[case.section].chapter,
                }
                for case in self.cases
            ],
        }


def _wrap(text: str) -> str:
    return textwrap.fill(
        text, 96, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )


# Colors and cursor movements of terminals and of Jupyter, and what is left where a browser
# or an editor dropped the escape character itself.
_COLORS = re.compile(
    r"\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]|\[\d{1,3}(;\d{1,3})*m"
)

_LAST = re.compile(
    r"^(?:E +|! +)?((?:[\w]+\.)*\w*(?:Error|Exception|Warning|Interrupt|Failure)\b:.*)", re.M
)


def last_message(text: str) -> str:
    """The kind and the message at the end of a traceback, white space made single.

    Args:
        text: The traceback, however it was pasted.

    Returns:
        Such as ``"ValueError: Invalid dtype: object"``; the last line where there is no kind.

    Example:
        >>> last_message("Traceback (most recent call last):\\n  File …\\nKeyError: 'acc'\\n")
        "KeyError: 'acc'"
    """
    text = _clean(text)
    places = list(_LAST.finditer(text))
    if places:
        return _single(text[places[-1].start(1) :])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _single(lines[-1]) if lines else ""


def _clean(text: str) -> str:
    text = _COLORS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"^[│|>] ?", "", text, flags=re.M).replace("\u200b", "").replace("\xa0", " ")


def _single(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def pattern_of(case: Case) -> str:
    """The regular expression that finds a case; its words, where it has no pattern.

    Args:
        case: The case.

    Returns:
        An expression that Python and JavaScript read alike.

    Example:
        >>> pattern_of(CASES[0])
        'Negative dimension size caused by subtracting'
    """
    if case.pattern:
        return case.pattern
    return re.sub(r"([.*+?^${}()|[\]\\])", r"\\\1", case.message)


def explain(text: str) -> Answer:
    """Find what a traceback says in the error index.

    Args:
        text: The whole traceback, as pasted: with colors, frames of Jupyter or Colab, lines broken
            by a terminal.

    Returns:
        The answer. Its cases are empty when the index does not know the message.

    Example:
        >>> answer = explain("Traceback …\\nKeyError: 'val_acc'")
        >>> answer.cases[0].section, answer.cases[0].cause
        ('history', 'the key is now called accuracy, like the metric')
        >>> explain("ValueError: something else").cases
        ()
    """
    message = last_message(text)
    found = _matches(message)
    if not found:
        found = _matches(_single(_clean(text)))
    return Answer(message, tuple(found))


def _matches(text: str) -> list[Case]:
    """Cases that match, the longest match first: a shape named tells more than three words."""
    squashed = re.sub(r"\s", "", text)
    found = []
    for at, case in enumerate(CASES):
        pattern = pattern_of(case)
        match = re.search(pattern, text)
        if not match and len(case.message) > 20 and case.message in text:
            match = re.search(re.escape(case.message), text)
        # A terminal breaks long lines anywhere: then without any space, in both.
        match = match or re.search(pattern.replace(" ", ""), squashed)
        if match:
            found.append((-len(re.sub(r"\s", "", match[0])), at, case))
    return [case for _, _, case in sorted(found)]


def search_field() -> str:
    """The field of the error index's page, where a traceback is pasted, as HTML.

    Returns:
        HTML with its script: plain JavaScript that reads the same patterns as :func:`explain`.

    Example:
        >>> "<textarea" in search_field()
        True
    """
    rows = [
        {
            "pattern": pattern_of(case),
            "words": case.message if len(case.message) > 20 else "",
            "section": case.section,
            "cause": case.cause,
            "cure": SECTIONS[case.section].cure,
            "chapter": [SECTIONS[case.section].chapter, CHAPTERS[SECTIONS[case.section].chapter]],
        }
        for case in CASES
    ]
    data = escape(json.dumps(rows, ensure_ascii=False), quote=True)
    return _FIELD.replace("DATA", data)


_FIELD = r"""
<div class="alexnet-explain" data-cases="DATA">
<label for="alexnet-traceback">Paste your traceback here, all of it, or type a few words of the
message. Nothing leaves your browser.</label>
<textarea id="alexnet-traceback" rows="5" spellcheck="false" autocomplete="off"
 style="width: 100%; box-sizing: border-box; font-family: monospace"></textarea>
<div class="alexnet-explain-answer" role="status" aria-live="polite"></div>
</div>
<script>
(() => {
  const root = document.querySelector(".alexnet-explain");
  const cases = JSON.parse(root.dataset.cases);
  const field = root.querySelector("textarea");
  const answer = root.querySelector("[role=status]");
  const single = (text) => text.replace(/\s+/g, " ").trim();
  const clean = (text) => text.replace(/\r\n?/g, "\n")
    .replace(/\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]/g, "")
    .replace(/\[\d{1,3}(;\d{1,3})*m/g, "")
    .replace(/^[│|>] ?/gm, "").replace(/\u200b/g, "").replace(/\xa0/g, " ");
  const last = (text) => {
    const end = /^(?:E +|! +)?((?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt|Failure)\b:.*)/gm;
    const all = [...text.matchAll(end)];
    if (all.length) {
      const one = all[all.length - 1];
      return single(text.slice(one.index + one[0].length - one[1].length));
    }
    const lines = text.split("\n").filter((line) => line.trim());
    return lines.length ? single(lines[lines.length - 1]) : "";
  };
  const matches = (text) => {
    const squashed = text.replace(/\s/g, "");
    const found = [];
    for (const one of cases) {
      const match = text.match(new RegExp(one.pattern))
        || squashed.match(new RegExp(one.pattern.replaceAll(" ", "")));
      if (match) found.push([match[0].replace(/\s/g, "").length, one]);
      else if (one.words && text.includes(one.words)) found.push([one.words.length, one]);
    }
    return found.sort((a, b) => b[0] - a[0]).map((pair) => pair[1]);
  };
  const line = (name, text, link) => {
    const part = document.createElement("p");
    const head = document.createElement("strong");
    head.textContent = name + " ";
    const body = document.createElement(link ? "a" : "span");
    body.textContent = text;
    if (link) body.href = link;
    part.append(head, body);
    answer.append(part);
  };

  // A few words, as they are typed, leave the rows of the table that have all of them.
  let table = null;
  const narrow = (words) => {
    if (!table) return 0;
    const rows = [...table.querySelectorAll("tbody tr")];
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const left = rows.filter((row) => !row.hidden).length;
    if (words.length && left) table.closest("details").open = true;
    return words.length ? left : 0;
  };
  const show = () => {
    answer.replaceChildren();
    const text = clean(field.value);
    const words = single(text).toLowerCase().split(" ").filter(Boolean);
    let found = matches(last(text));
    if (!found.length) found = matches(single(text));
    const typed = !found.length && words.length < 8;
    const left = narrow(typed ? words : []);
    if (!words.length) return;
    if (!found.length && left) {
      line("Found.", `Rows of the table below with these words: ${left}.`);
      return;
    }
    if (!found.length) {
      narrow([]);
      line("Unknown.", "The index does not have this message. Is the last line there?");
      return;
    }
    const [first] = found;
    line("Cause.", first.cause + ".");
    line("Cure.", first.cure);
    const end = location.pathname.endsWith(".html") ? ".html" : ".ipynb";
    line("Chapter.", first.chapter[1], first.chapter[0] + end);
    line("More.", "the section on this page", "#" + first.section);
    const other = found.find((one) => one.section !== first.section);
    if (other) line("Or.", other.cause, "#" + other.section);
  };
  field.addEventListener("input", show);

  // The page starts with the field. The table and the sections fold; what a link leads to is
  // opened, and everything is for printing.
  const fold = () => {
    const title = document.querySelector("article h1");
    if (title) title.after(root);
    const folded = [];
    const listed = document.querySelector("td a[href^='#']");
    table = listed && listed.closest("table");
    if (table) {
      const details = document.createElement("details");
      const summary = document.createElement("summary");
      details.className = "alexnet-fold";
      summary.textContent = `All ${table.querySelectorAll("tbody tr").length} messages`;
      const box = table.closest(".pst-scrollable-table-container") || table;
      details.append(summary, box);
      root.after(details);
      folded.push(["messages", "messages", details]);
    }
    const marks = [...document.querySelectorAll("a[id], h3")];
    marks.forEach((anchor, at) => {
      const heading = marks[at + 1];
      if (anchor.tagName !== "A" || !heading || heading.tagName !== "H3") return;
      if (!cases.some((one) => one.section === anchor.id)) return;
      const section = heading.closest("section");
      if (!section || section.querySelector("h3") !== heading) return;
      const details = document.createElement("details");
      const summary = document.createElement("summary");
      details.className = "alexnet-fold";
      section.before(details);
      details.before(anchor);  // it stood at the end of the section before, which folds too
      summary.append(heading);
      details.append(summary, section);
      folded.push([anchor.id, section.id, details]);
    });
    const open = () => {
      const id = decodeURIComponent(location.hash.slice(1));
      const target = id && document.getElementById(id);
      for (const [name, other, details] of folded) {
        if (name === id || other === id || (target && details.contains(target))) {
          details.open = true;
          if (target) target.scrollIntoView();
        }
      }
    };
    addEventListener("hashchange", open);
    addEventListener("beforeprint", () => folded.forEach((one) => { one[2].open = true; }));
    open();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", fold);
  else fold();
})();
</script>
"""
