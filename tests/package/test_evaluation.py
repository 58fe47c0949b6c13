"""Evaluation against slow and obvious references, Keras, SciPy and exact enumeration."""

import itertools
import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alexnet_tutorial.evaluation import (
    accuracy_by_class,
    calibration,
    compare,
    confusion_matrix,
    top_k_accuracy,
    wilson_interval,
)
from alexnet_tutorial.pictures import DataError


def answers(pictures, classes, seed, sharp=2.0):
    """Random labels, and probabilities that lean to them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, pictures)
    logits = rng.normal(0, 2, (pictures, classes)) + sharp * np.eye(classes)[y]
    p = np.exp(logits)
    return y, p / p.sum(1, keepdims=True)


# ---- Top k ----------------------------------------------------------------------------------

# A few levels for many classes: nearly every row has ties.
rows = st.integers(1, 7).flatmap(
    lambda classes: st.lists(
        st.tuples(
            st.integers(0, classes - 1),
            st.lists(st.integers(0, 3), min_size=classes, max_size=classes),
        ),
        min_size=1,
        max_size=6,
    )
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows)
def test_top_k_equals_keras_metric_ties_included(pairs):
    keras = pytest.importorskip("keras")
    y, levels = (np.array(part) for part in zip(*pairs, strict=True))
    p = levels.astype("float32") / 3
    for k in range(1, p.shape[1] + 1):
        hits = keras.metrics.sparse_top_k_categorical_accuracy(y, p, k)
        assert top_k_accuracy(y, p, k) == pytest.approx(float(np.mean(np.asarray(hits))), abs=1e-6)


def test_top_k_equals_sorting_where_nothing_is_tied():
    y, p = answers(200, 9, seed=1)
    for k in range(1, 10):
        best = np.argsort(-p, axis=1)[:, :k]
        assert top_k_accuracy(y, p, k) == np.mean([label in row for label, row in zip(y, best)])  # noqa: B905
    assert top_k_accuracy(y, p, 1) == np.mean(p.argmax(1) == y)
    assert top_k_accuracy(y, p, 9) == 1


@pytest.mark.parametrize("k", [0, 4, -1, 2.0, True, "5", None])
def test_k_outside_the_classes_is_refused(k):
    with pytest.raises(ValueError, match=r"k is .*, and must be from 1 to 3"):
        top_k_accuracy([0, 1], np.ones((2, 3)) / 3, k)


# ---- Confusion ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_confusion_equals_counting_pairs(seed):
    y, p = answers(150, 5, seed)
    said = p.argmax(1)
    pairs = Counter(zip(y.tolist(), said.tolist(), strict=True))
    found = confusion_matrix(y, said, 5)
    assert found.tolist() == [[pairs[i, j] for j in range(5)] for i in range(5)]
    by_class = [np.mean([s == t for s, t in zip(said, y, strict=True) if t == c]) for c in range(5)]
    assert accuracy_by_class(y, said, 5) == pytest.approx(by_class)


def test_a_class_that_is_missing_has_no_accuracy():
    assert confusion_matrix([0, 2], [2, 2], 3).tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 1]]
    with pytest.raises(DataError, match="class 1 has no picture among the 2"):
        accuracy_by_class([0, 2], [2, 2], 3)
    with pytest.raises(DataError, match=r"classes \[1, 2\] have no picture"):
        accuracy_by_class([0, 0], [2, 2], 3)


# ---- Calibration ----------------------------------------------------------------------------


@pytest.mark.parametrize("bins", [1, 4, 10, 15])
def test_calibration_equals_a_slow_reference(bins):
    y, p = answers(300, 4, seed=bins)
    p[0], p[1] = (1, 0, 0, 0), (0.5, 0.3, 0.2, 0)  # an upper end belongs to its group
    found, error = calibration(y, p, bins), 0
    for b in range(bins):
        group = [i for i in range(300) if b / bins < p[i].max() <= (b + 1) / bins]
        assert found.pictures[b] == len(group)
        if not group:
            assert np.isnan(found.confidence[b]) and np.isnan(found.accuracy[b])
            continue
        confidence = sum(p[i].max() for i in group) / len(group)
        accuracy = sum(p[i].argmax() == y[i] for i in group) / len(group)
        assert (found.confidence[b], found.accuracy[b]) == pytest.approx((confidence, accuracy))
        error += len(group) / 300 * abs(accuracy - confidence)
    assert found.error == pytest.approx(error)


def test_honest_probabilities_are_calibrated_and_boasting_ones_are_not():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([0.5] * 4, 40_000)
    y = (p.cumsum(1) > rng.random((len(p), 1))).argmax(1)  # drawn with just these probabilities
    honest = calibration(y, p)
    assert honest.error < 0.01
    boast = p**3 / (p**3).sum(1, keepdims=True)
    assert (boast.argmax(1) == p.argmax(1)).all() and calibration(y, boast).error > 0.1


# ---- Intervals and comparisons --------------------------------------------------------------


def test_intervals_reach_where_the_binomial_distribution_says():
    """Wilson's limits are the shares from which what was seen lies 1.96 deviations away."""
    for right, pictures in ((0, 120), (60, 120), (117, 120), (120, 120), (1, 1)):
        share = right / pictures
        low, high = wilson_interval(right, pictures)
        assert 0 <= low <= share <= high <= 1
        for limit in (low, high):
            deviation = (limit * (1 - limit) / pictures) ** 0.5
            assert abs(share - limit) == pytest.approx(1.96 * deviation, abs=1e-9)


def test_intervals_equal_scipy():
    stats = pytest.importorskip("scipy.stats")
    for right, pictures in ((0, 7), (3, 7), (114, 120), (9_700, 10_000)):
        theirs = stats.binomtest(right, pictures).proportion_ci(method="wilson")
        assert wilson_interval(right, pictures) == pytest.approx(tuple(theirs), abs=2e-5)


def test_intervals_hold_the_truth_in_95_of_100_tests():
    inside = [wilson_interval(right, 120) for right in range(121)]
    covered = []
    for truth in np.linspace(0.5, 0.99, 50):
        chance = [math.comb(120, k) * truth**k * (1 - truth) ** (120 - k) for k in range(121)]
        covered.append(sum(c for c, (a, b) in zip(chance, inside, strict=True) if a <= truth <= b))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.01) and min(covered) > 0.9


@pytest.mark.parametrize(("right", "pictures"), [(1, 0), (5, 4), (-1, 4), (float("nan"), 4)])
def test_counts_that_cannot_be_are_refused(right, pictures):
    with pytest.raises(ValueError, match="expected at least one picture"):
        wilson_interval(right, pictures)


@pytest.mark.parametrize(("one", "two"), [(0, 0), (1, 0), (3, 3), (2, 9), (8, 1)])
def test_comparison_equals_throwing_every_series_of_coins(one, two):
    y = np.zeros(30, int)
    first, second = y.copy(), y.copy()
    first[:two], second[two : two + one] = 1, 1  # wrong
    first[-4:], second[-4:] = 2, 1  # both wrong: says nothing
    found = compare(y, first, second)
    assert found[:2] == (one, two) and compare(y, second, first)[:2] == (two, one)
    series = itertools.product((0, 1), repeat=one + two)
    uneven = [abs(2 * sum(coins) - one - two) >= abs(one - two) for coins in series]
    assert found.p_value == pytest.approx(np.mean(uneven))


# ---- Ten views ------------------------------------------------------------------------------


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_ten_views_equal_a_slow_reference(data_format):
    pytest.importorskip("keras")
    from alexnet_tutorial.classifier import Classifier

    net = Classifier.from_architecture("compact", "abcdef", data_format=data_format)
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8), np.arange(3)
    expected = []
    for picture in x:
        total = np.zeros(6)
        for top, left in ((0, 0), (0, 7), (7, 0), (7, 7), (3, 3)):  # 3.5 rounds down
            for mirrored in (False, True):
                view = picture[top : top + 57, left : left + 57].astype("float32") / 255 - 0.5
                view = view[:, ::-1] if mirrored else view
                view = view.transpose(2, 0, 1) if data_format == "channels_first" else view
                total += np.asarray(net.model(view[None]))[0]
        expected.append(total / 10)
    for batch_size in (1, 25, 100):
        found = net.predict_proba(x, views=10, batch_size=batch_size)
        assert found == pytest.approx(np.array(expected), abs=1e-5)
    assert np.abs(net.predict_proba(x) - expected).max() > 1e-3  # that it can fail
    result = net.evaluate(x, y, views=10)
    assert result["accuracy"] == np.mean(np.argmax(expected, 1) == y)


# ---- Bad input ------------------------------------------------------------------------------

GOOD = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([0, 1, 2], GOOD, r"labels is int64 \(3,\), expected integers of shape \(4,\)"),
        ([0, 1, 2, 3], GOOD, "outside the classes 0 to 2, the first is 3 at row 3"),
        ([0.0, 1.0, 2.0, 0.0], GOOD, "labels is float64"),
        (np.eye(3)[[0, 1, 2, 0]], GOOD, r"labels is float64 \(4, 3\)"),
        ([0, 1, 2, 0], GOOD[0], r"probabilities are float64 \(3,\), expected numbers \(n, classes"),
        ([], GOOD[:0], r"probabilities are float64 \(0, 3\)"),
        ([0, 1, 2, 0], np.where(np.eye(4, 3) > 0, np.nan, GOOD), "3 of 4 pictures are not finite"),
        ([0, 1, 2, 0], np.full((4, 3), "a"), "expected numbers"),
    ],
)
def test_what_does_not_fit_is_refused(labels, probabilities, message):
    for judge in (lambda y, p: top_k_accuracy(y, p, 1), calibration):
        with pytest.raises(DataError, match=message):
            judge(labels, probabilities)


def test_what_are_no_probabilities_is_refused():
    for wrong in (GOOD * 3, GOOD + [-0.5, 0.5, 0]):
        with pytest.raises(DataError, match="does not end in a softmax"):
            calibration([0, 1, 2, 0], wrong)
    for bins in (0, 2.5):
        with pytest.raises(ValueError, match="bins is"):
            calibration([0, 1, 2, 0], GOOD, bins)


@pytest.mark.parametrize("said", [[0, 1], [0, 1, 3], [0.0, 1.0, 2.0], [[0, 1, 2]]])
def test_answers_that_do_not_fit_are_refused(said):
    with pytest.raises(DataError, match="the answers"):
        confusion_matrix([0, 1, 2], said, 3)
    if said != [0, 1, 3]:
        with pytest.raises(DataError, match="the answers of the second"):
            compare([0, 1, 2], [0, 1, 2], said)


def test_no_keras_is_loaded():
    code = (
        "import sys, alexnet_tutorial.evaluation; print({'keras', 'tensorflow'} & {*sys.modules})"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
