"""Pasted tracebacks: each message of the index is found in whole ones, and nothing is guessed."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.error_index import CASES
from alexnet_tutorial.explain import CHAPTERS, SECTIONS, explain, last_message, search_field

ROOT = Path(__file__).resolve().parents[2]
CELLS = json.loads((ROOT / "book" / "91_error_index.ipynb").read_text(encoding="utf-8"))["cells"]

# What threads ask about: kind, message as Keras 3.15 on TensorFlow (or the older version that they
# quote) writes it, section. The chapter raises those of this version.
ASKED = [
    ("KeyError", "'acc'", "history"),
    ("KeyError", "'val_acc'", "history"),
    ("AttributeError", "'Sequential' object has no attribute 'predict_classes'", "predict-classes"),
    ("AttributeError", "'Functional' object has no attribute 'predict_proba'", "predict-classes"),
    (
        "ValueError",
        "The filepath provided must end in `.keras` (Keras model format). Received: filepath=b.h5",
        "file-names",
    ),
    (
        "ValueError",
        "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end "
        "in `.weights.h5` (Keras weights format). Received: filepath=cp.ckpt",
        "file-names",
    ),
    (
        "ValueError",
        "The filename must end in `.weights.h5`. Received: filepath=w.h5",
        "file-names",
    ),
    (
        "ValueError",
        "Invalid filepath extension for saving. Please add either a `.keras` extension for the "
        "native Keras format (recommended) or a `.h5` extension.",
        "file-names",
    ),
    (
        "ValueError",
        "File format not supported: filepath=my_model. Keras 3 only supports V3 `.keras` files, "
        "legacy H5 format files (`.h5` extension).",
        "cannot-load",
    ),
    ("ValueError", "No model config found in the file at b.h5.", "cannot-load"),
    (
        "ValueError",
        "File not found: filepath=alexnet.keras. Please ensure the file is an accessible `.keras` "
        "zip file.",
        "cannot-load",
    ),
    (
        "TypeError",
        "Error when deserializing class 'DepthwiseConv2D' using config={'name': 'conv_dw'}.\n\n"
        "Exception encountered: Unrecognized keyword arguments passed to DepthwiseConv2D: "
        "{'groups': 1}",
        "cannot-load",
    ),
    (
        "UserWarning",
        "Your input ran out of data; interrupting training. Make sure that your dataset or "
        "generator can generate at least `steps_per_epoch * epochs` batches.",
        "ran-out",
    ),
    ("ValueError", "Invalid dtype: object", "unlike"),
    (
        "ValueError",
        "Failed to convert a NumPy array to a Tensor (Unsupported object type numpy.ndarray).",
        "unlike",
    ),
    (
        "ValueError",
        "setting an array element with a sequence. The requested array has an inhomogeneous shape "
        "after 1 dimensions. The detected shape was (4,) + inhomogeneous part.",
        "unlike",
    ),
    ("ValueError", "Invalid dtype: str32", "text-labels"),
    ("ValueError", "could not convert string to float: 'cat'", "text-labels"),
    (
        "ValueError",
        "Only instances of `keras.Layer` can be added to a Sequential model. Received: "
        "<tensorflow_hub.keras_layer.KerasLayer object at 0x7f> (of type <class 'x'>)",
        "only-layers",
    ),
    (
        "ValueError",
        "Unknown variable: <Variable path=sequential_3/conv2d_2/kernel, shape=(3, 3, 3, 4)>. This "
        "optimizer can only be called for the variables it was originally built with.",
        "unknown-variable",
    ),
    (
        "KeyError",
        '"The optimizer cannot recognize variable conv2d_2/kernel:0. This usually means you are '
        'trying to call the optimizer to update different parts of the model separately."',
        "unknown-variable",
    ),
    (
        "ValueError",
        "Shapes used to initialize variables must be fully-defined (no `None` dimensions). "
        "Received: shape=(None, 5) for variable path='dense_3/kernel'",
        "fully-defined",
    ),
    (
        "ValueError",
        "Arguments `target` and `output` must have the same shape up until the last dimension: "
        "target.shape=(None, 32, 32), output.shape=(None, 64, 64, 2)",
        "masks",
    ),
    (
        "ValueError",
        "Arguments `target` and `output` must have the same shape up until the last dimension: "
        "target.shape=(8,), output.shape=(8, 7, 7, 67)",
        "flatten",
    ),
    (
        "ValueError",
        "Arguments `target` and `output` must have the same shape up until the last dimension: "
        "target.shape=(8, 10), output.shape=(8, 10)",
        "one-hot",
    ),
    (
        "ValueError",
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
        "target.shape=(None, 64, 64, 2), output.shape=(None, 64, 64, 2)",
        "one-hot",
    ),
    (
        "ValueError",
        "Arguments `target` and `output` must have the same rank (ndim). Received: "
        "target.shape=(None, 67), output.shape=(None, 7, 7, 67)",
        "flatten",
    ),
    (
        "ValueError",
        "Arguments `target` and `output` must have the same rank (ndim). Received: "
        "target.shape=(None,), output.shape=(None, 6)",
        "one-hot",
    ),
    (
        "ValueError",
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
        "target.shape=(None,), output.shape=(None, 7, 7, 67)",
        "flatten",
    ),
    (
        "ValueError",
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
        "target.shape=(None, 6), output.shape=(None, 6)",
        "one-hot",
    ),
    ("ValueError", "Object arrays cannot be loaded when allow_pickle=False", "allow-pickle"),
    ("ModuleNotFoundError", "No module named 'keras.layers.convolutional'", "gone-imports"),
    ("ModuleNotFoundError", "No module named 'keras.layers.normalization'", "gone-imports"),
    ("ModuleNotFoundError", "No module named 'keras.layers.advanced_activations'", "gone-imports"),
    ("ModuleNotFoundError", "No module named 'keras.layers.recurrent'", "gone-imports"),
    ("ModuleNotFoundError", "No module named 'keras.engine'", "gone-imports"),
    ("ModuleNotFoundError", "No module named 'keras.wrappers.scikit_learn'", "gone-imports"),
    ("AttributeError", "module 'keras.utils' has no attribute 'multi_gpu_model'", "gone-names"),
    ("ImportError", "cannot import name 'multi_gpu_model' from 'keras.utils' (x.py)", "gone-names"),
    (
        "AttributeError",
        "module 'keras.backend' has no attribute 'set_image_dim_ordering'",
        "gone-names",
    ),
    ("AttributeError", "module 'keras.backend' has no attribute 'get_session'", "gone-names"),
    ("AttributeError", "module 'keras.layers' has no attribute 'experimental'", "gone-names"),
    ("AttributeError", "module 'keras.optimizers' has no attribute 'adam'", "gone-names"),
    ("AttributeError", "module 'tensorflow' has no attribute 'placeholder'", "tensorflow-1"),
    ("AttributeError", "module 'tensorflow' has no attribute 'Session'", "tensorflow-1"),
    ("AttributeError", "module 'tensorflow' has no attribute 'contrib'", "tensorflow-1"),
    ("ModuleNotFoundError", "No module named 'tensorflow.contrib'", "tensorflow-1"),
    (
        "UserWarning",
        "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential "
        "models, prefer using an `Input(shape)` object as the first layer in the model instead.",
        "gone",
    ),
    (
        "ValueError",
        "Unrecognized keyword arguments passed to Conv2D: {'border_mode': 'same'}",
        "gone",
    ),
    (
        "TypeError",
        "Dropout.__init__() missing 1 required positional argument: 'rate'",
        "gone",
    ),
    (
        "ValueError",
        "Unrecognized keyword arguments passed to Model: {'input': [<KerasTensor shape=(None, 16, "
        "16, 3), dtype=float32>], 'output': []}",
        "gone",
    ),
    ("TypeError", "TensorFlowTrainer.fit() got an unexpected keyword argument 'workers'", "gone"),
    (
        "TypeError",
        "TensorFlowTrainer.fit() got an unexpected keyword argument 'nb_val_samples'",
        "gone",
    ),
    (
        "ValueError",
        "Unrecognized keyword arguments passed to BatchNormalization: {'mode': 0}",
        "gone",
    ),
    (
        "ValueError",
        "EarlyStopping callback received monitor=val_acc, but Keras isn't able to automatically "
        "determine whether that metric should be maximized or minimized.",
        "history",
    ),
    ("ValueError", "Could not interpret activation function identifier: 4096", "identifier"),
    (
        "ValueError",
        "Exception encountered when calling Sequential.call().\n\n\x1b[1mInput 0 with name 'None' "
        "of layer 'conv2d' is incompatible with the layer: expected axis -1 of input shape to have "
        "value 3, but received input with shape (1, 16, 16, 1)\x1b[0m\n\nArguments received by "
        "Sequential.call():\n  • inputs=tf.Tensor(shape=(1, 16, 16, 1), dtype=float32)",
        "incompatible",
    ),
    (
        "ValueError",
        "Exception encountered when calling Sequential.call().\n\n\x1b[1mInvalid input shape for "
        'input Tensor("data:0", shape=(16, 16, 3), dtype=float32). Expected shape (None, 16, 16, '
        "3), but input has incompatible shape (16, 16, 3)\x1b[0m",
        "batch-axis",
    ),
    (
        "UserWarning",
        "The structure of `inputs` doesn't match the expected structure.\nExpected: keras_tensor\n"
        "Received: inputs=('Tensor(shape=(None, 16, 16, 3))', 'Tensor(shape=(None, 16, 16, 3))')",
        "inputs-count",
    ),
    ("ValueError", "None values not supported.", "no-labels"),
    ("ValueError", "You must call `compile()` before using the model.", "not-compiled"),
    (
        "ValueError",
        "A total of 1 objects could not be loaded. Example error message for object <Dense "
        "name=dense_7, built=True>:\n\nThe shape of the target variable and the shape of the "
        "target value in `variable.assign(value)` must match.",
        "load-weights",
    ),
    (
        "ValueError",
        "Computed output size would be zero or negative. Received `inputs shape=(None, 1, 200, "
        "310)`, `kernel shape=(16, 16, 310, 96)`, `strides=(6, 6)`, `padding=valid`.",
        "window",
    ),
    (
        "tensorflow.python.framework.errors_impl.InvalidArgumentError",
        "Graph execution error:\n\nDetected at node loss defined at (most recent call last):\n"
        '  File "train.py", line 3\n\nReceived a label value of 255 which is outside the valid '
        "range of [0, 2).  Label values: 255 0\n\t [[{{node loss}}]]",
        "range",
    ),
    (
        "AttributeError",
        "module 'numpy' has no attribute 'bool'.\n`np.bool` was a deprecated alias",
        "numpy-names",
    ),
    ("AttributeError", "'NoneType' object has no attribute 'shape'", "no-pictures"),
]


def terminal(kind, message):
    return (
        "Epoch 1/3\nTraceback (most recent call last):\n"
        '  File "/home/me/train.py", line 31, in <module>\n    model.fit(x, y)\n'
        '  File "/usr/lib/python3/site-packages/keras/src/utils/traceback_utils.py", line 122, in '
        "error_handler\n    raise e.with_traceback(filtered_tb) from None\n"
        f"{kind}: {message}\n"
    )


def narrow(kind, message):
    """A terminal of 80 columns, copied with the ends of its lines."""
    lines = terminal(kind, message).splitlines()
    return "\n".join(line[i : i + 80] for line in lines for i in range(0, len(line) or 1, 80))


def jupyter(kind, message):
    red, green, off = "\x1b[31m", "\x1b[32m", "\x1b[39m"
    return (
        f"{red}{'-' * 75}{off}\n{red}{kind}{off}{' ' * 20}Traceback (most recent call last)\n"
        f"{green}Cell{off}{green} {off}{green}In[7], line 1{off}\n"
        f"{green}----> 1{off} model{red}.{off}fit(x, y)\n\n"
        "File ~/venv/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py:122, in "
        "filter_traceback.<locals>.error_handler(*args, **kwargs)\n"
        f"    {green}120{off}     {red}# error: in full{off}\n"
        f"{red}--> 122{off}     \x1b[38;5;28;01mraise\x1b[39;00m e\n\n{red}{kind}{off}: {message}"
    )


def colors_without_escapes(kind, message):
    return jupyter(kind, message).replace("\x1b", "")


def colab(kind, message):
    return (
        f"{'-' * 75}\n{kind}                          Traceback (most recent call last)\n"
        "/tmp/ipython-input-7-123.py in <cell line: 0>()\n      1 \n"
        "----> 2 model.fit(x, y, epochs=3)\n\n1 frames\n"
        "/usr/local/lib/python3.12/dist-packages/keras/src/utils/traceback_utils.py in "
        "error_handler(*args, **kwargs)\n    120             # `keras.config.disable_traceback_"
        f"filtering()`\n--> 122             raise e\n\n{kind}: {message}\n\n{'-' * 75}\n"
        "NOTE: If your import is failing due to a missing package, you can\nmanually install "
        "dependencies using either !pip or !apt.\n"
    )


SHAPES = (terminal, narrow, jupyter, colors_without_escapes, colab)


@pytest.mark.parametrize("pasted", SHAPES, ids=lambda shape: shape.__name__)
def test_each_message_is_found_in_a_whole_traceback(pasted):
    wrong = []
    for kind, message, section in ASKED:
        answer = explain(pasted(kind, message))
        if not answer.cases or answer.cases[0].section != section:
            wrong.append((message[:60], section, [case.section for case in answer.cases]))
    assert not wrong


def test_each_case_of_the_index_is_found_by_its_own_words():
    for case in CASES:
        assert case in explain(f"{case.kind}: {case.message}").cases, case.message


@pytest.mark.parametrize(
    "text",
    [
        *("", "   \n", "hello", "ZeroDivisionError: division by zero", "KeyError: 'accuracies'"),
        *("NameError: name 'model' is not defined", "ValueError: shapes are fine"),
        *("SyntaxError: invalid syntax", "ModuleNotFoundError: No module named 'kerasx'"),
    ],
)
def test_what_the_index_does_not_have_is_said_to_be_unknown(text):
    answer = explain(text)
    assert not answer.cases
    assert "does not know" in str(answer) or "no text" in str(answer)


def test_an_earlier_exception_is_not_taken_for_the_last():
    first = terminal("KeyError", "'acc'")
    second = terminal("ZeroDivisionError", "division by zero")
    text = f"{first}\nDuring handling of the above exception, another occurred:\n\n{second}"
    assert last_message(text) == "ZeroDivisionError: division by zero"
    assert explain(second + first).cases[0].section == "history"


def test_an_answer_names_cause_cure_chapter_and_place():
    text = str(explain(colab("KeyError", "'acc'")))
    for part in ("KeyError: 'acc'", "Cause: ", "val_accuracy", "Chapter: ", "#history"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 100


def test_every_section_has_advice_and_leads_to_the_chapter_that_its_page_names():
    assert {case.section for case in CASES} == set(SECTIONS)
    prose = {}
    for cell in CELLS:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            prose[re.sub(r"-why$", "", cell["id"])] = text
    for anchor, section in SECTIONS.items():
        assert (ROOT / "book" / f"{section.chapter}.ipynb").is_file()
        assert section.chapter in CHAPTERS
        assert f"({section.chapter}.ipynb)" in prose[anchor], anchor


def test_the_command_reads_a_file_or_what_is_pasted(tmp_path, monkeypatch, capsys):
    path = tmp_path / "said.txt"
    path.write_text(jupyter("ValueError", "None values not supported."), encoding="utf-8")
    assert main(["explain", str(path)]) == 0
    assert "Cause: fit got pictures but no labels" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", path.open(encoding="utf-8"))
    assert main(["explain", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["cases"][0]["section"] == "no-labels"
    path.write_text("ZeroDivisionError: division by zero")
    assert main(["explain", str(path)]) == 1
    assert main(["explain", str(tmp_path / "none.txt")]) == 1


# --- the field on the page ---------------------------------------------------------------------

HARNESS = """
const { cases, texts, script } = JSON.parse(require("fs").readFileSync(0, "utf8"));
let show, said = [];
const node = () => ({ append(...parts) { said.push(...parts); }, set textContent(t) { this.t = t; },
  get textContent() { return this.t; }, replaceChildren() { said = []; } });
const answer = { append() {}, replaceChildren() { said = []; } };
const field = { value: "", addEventListener(name, f) { show = f; } };
const root = { dataset: { cases: cases }, querySelector: (s) =>
  s === "textarea" ? field : answer };
globalThis.document = { querySelector: (s) => s === ".alexnet-explain" ? root : null,
  querySelectorAll: () => [], createElement: node,
  readyState: "complete", addEventListener() {}, getElementById: () => null };
globalThis.location = { pathname: "/x.html", hash: "" };
globalThis.addEventListener = () => {};
eval(script);
const all = texts.map((text) => { field.value = text; show();
  return said.filter((one) => one.href && one.href[0] === "#").map((one) => one.href.slice(1)); });
console.log(JSON.stringify(all));
"""


def test_the_field_on_the_page_finds_the_same():
    page = search_field()
    assert page.count("<script>") == 1 and "http" not in page.split("<script>")[1]
    if not shutil.which("node"):
        pytest.skip("no node here")
    data = html.unescape(re.search(r'data-cases="([^"]*)"', page)[1])
    texts = [shape(kind, message) for kind, message, _ in ASKED for shape in SHAPES]
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    done = subprocess.run(
        ["node", "-e", HARNESS],
        input=json.dumps({"cases": data, "texts": texts, "script": script}),
        capture_output=True,
        text=True,
        check=True,
    )
    for text, found in zip(texts, json.loads(done.stdout), strict=True):
        cases = explain(text).cases
        assert found[:1] == [cases[0].section], text


SECTIONS_OF_A_PAGE = """
<table><tbody><tr><td><a href="#window">Negative size</a></td><td>a window</td></tr>
<tr><td><a href="#groups">filters by groups</a></td><td>groups</td></tr></tbody></table>
<section id="top"><h2>Windows</h2><p><a id="window"></a></p>
<section id="a"><h3>Window</h3><p>one</p><p><a id="groups"></a></p></section>
<section id="b"><h3>Groups</h3><p>two</p></section></section>
"""
TYPED = """<script>addEventListener("load", () => {
  const field = document.querySelector("textarea");
  field.value = TEXT;
  field.dispatchEvent(new Event("input"));
});</script>
"""


@pytest.mark.slow
def test_in_a_browser_the_field_answers_and_sections_fold(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no browser here")

    def shown(text, anchor):
        page = tmp_path / "page.html"
        typed = TYPED.replace("TEXT", json.dumps(text))
        article = f"<article><h1>Index</h1><p>objectives</p>{search_field()}{SECTIONS_OF_A_PAGE}"
        page.write_text(f"<!doctype html><body>{article}</article>{typed}", encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        done = subprocess.run([*command, page.as_uri() + anchor], capture_output=True, text=True)
        return done.stdout.replace(' class="alexnet-fold"', "")

    pasted = shown("Traceback\nKeyError: 'acc'", "#groups")
    answer, sections = pasted.split('<section id="top">')
    assert '<h1>Index</h1><div class="alexnet-explain"' in answer  # the page starts with it
    assert "the key is now called accuracy" in answer.split('role="status"')[1]
    assert 'href="#history"' in answer
    assert "<details><summary>All 2 messages</summary><table>" in answer
    closed, opened = sections.split('<a id="groups"></a>')
    assert "<details><summary><h3>Window</h3></summary>" in closed
    assert '<details open=""><summary><h3>Groups</h3></summary>' in opened

    narrowed = shown("GROUPS filters", "")
    assert '<details open=""><summary>All 2 messages</summary>' in narrowed
    assert '<tr hidden=""><td><a href="#window">' in narrowed
    assert '<tr><td><a href="#groups">' in narrowed
    unknown = shown("ZeroDivisionError: division by zero", "")
    assert "does not have this message" in unknown and "<tr hidden" not in unknown
