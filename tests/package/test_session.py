"""What a chapter says of its run: insisted on by the build, remarked on for a reader."""

import numpy as np
import pytest

from alexnet_tutorial.session import building, expect


def test_a_reader_is_told_and_goes_on(capsys, monkeypatch):
    monkeypatch.delenv("ALEXNET_TUTORIAL_BUILD", raising=False)
    expect(np.bool_(True), "It holds.")
    assert not building() and capsys.readouterr().out == ""
    expect(np.bool_(False), "Tanh needs more epochs.")
    assert "differently" in (said := capsys.readouterr().out) and "Tanh needs more epochs." in said


@pytest.mark.parametrize(("value", "insists"), [("1", True), ("0", False), ("", False)])
def test_the_build_stops(value, insists, monkeypatch):
    monkeypatch.setenv("ALEXNET_TUTORIAL_BUILD", value)
    assert building() is insists
    expect(True, "It holds.")
    if insists:
        with pytest.raises(AssertionError, match="no longer true: Tanh needs more"):
            expect(False, "Tanh needs more epochs.")
    else:
        expect(False, "Tanh needs more epochs.")
