"""The chapter in which one filter learns: its backward pass is PyTorch's, its numbers Keras'."""

import json

import numpy as np
import pytest

CHAPTER = "book/21_one_filter.ipynb"


@pytest.fixture(scope="module")
def chapter(root):
    """Give the names of the chapter after all its cells but set-up and exercises have run."""
    import keras

    found, floatx, policy = {}, keras.config.floatx(), keras.config.dtype_policy()
    # Once a layer was made, set_floatx alone changes no layer's type any more.
    keras.config.set_dtype_policy("float64")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ALEXNET_TUTORIAL_BUILD", "1")  # an expectation that fails raises
            for cell in json.loads((root / CHAPTER).read_text(encoding="utf-8"))["cells"]:
                left_out = cell["id"] == "setup" or cell["id"].startswith("ex-")
                if cell["cell_type"] == "code" and not left_out:
                    exec("".join(cell["source"]), found)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
    return found


@pytest.mark.slow
def test_fit_gives_the_numbers_that_were_worked_out_by_hand(chapter):
    by_hand = chapter["runs"][chapter["seed"]][2]
    assert len(by_hand) == 100 and by_hand[-1] < by_hand[0] / 1000
    np.testing.assert_allclose(chapter["by_fit"], by_hand, atol=1e-12)
    learned = chapter["conv"].get_weights()[0][:, :, 0, 0]
    np.testing.assert_allclose(learned, chapter["filters"][10], atol=1e-12)


@pytest.mark.slow
def test_the_backward_pass_is_that_of_pytorch(chapter):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    kernels, v = rng.normal(size=(2, 3, 3)), rng.normal(size=2)
    given = [torch.tensor(kernels, requires_grad=True), torch.tensor(v, requires_grad=True)]
    picture = torch.tensor(chapter["picture"])[None, None]
    maps = torch.relu(torch.nn.functional.conv2d(picture, given[0][:, None]))[0]
    answer = torch.tensordot(given[1], maps, dims=1)
    torch.mean((answer - torch.tensor(chapter["edges"])) ** 2).backward()
    for ours, theirs in zip(chapter["backward"](kernels, v), given, strict=False):
        np.testing.assert_allclose(ours, theirs.grad, atol=1e-14)
