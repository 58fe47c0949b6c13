"""The bill: arithmetic by hand, and never a speed that nobody measured."""

import json

import pytest

from alexnet_tutorial.__main__ import main
from alexnet_tutorial.imagenet import bill as module
from alexnet_tutorial.imagenet.bill import bill, measure_speed, recorded_speed

RECORD = {
    "made": {"machine": {"gpu": "NVIDIA T4", "rehearsal": False}},
    "speed": {
        "keras, slow": {
            "framework": "keras",
            "mode": "training",
            "network": "alexnet-2012",
            "precision": "float32",
            "batch": 128,
            "pictures_per_second": 500.0,
        },
        "keras, fast": {
            "framework": "keras",
            "mode": "training",
            "network": "alexnet-2012",
            "precision": "bfloat16",
            "batch": 256,
            "pictures_per_second": 2000.0,
        },
        "keras, no time": {
            "framework": "keras",
            "mode": "training",
            "network": "alexnet-2012",
            "precision": "tf32",
            "batch": 256,
            "left_out": "no time",
        },
        "torch": {
            "framework": "torch",
            "mode": "training",
            "network": "alexnet-2012",
            "precision": "bfloat16",
            "batch": 256,
            "pictures_per_second": 9000.0,
        },
    },
}


def test_hours_energy_and_price_by_hand():
    one = bill(1000, device="T4", measured="as given", epochs=90, price_per_hour=0.5)
    assert one.hours == pytest.approx(32.029175)  # 90 · 1,281,167 / 1000 / 3600
    assert one.kilowatt_hours == pytest.approx(2.24204225)  # at 70 watts
    assert one.price == pytest.approx(16.0145875)
    said = str(one)
    assert "32.0 hours" in said and "2.2 kilowatt-hours" in said and "16.01" in said
    assert "70 watts all the time, the most that the card takes by its data sheet" in said
    assert "validation pictures comes on top" in said
    slow = bill(10, device="mine", measured="as given")
    assert "133.5 days" in str(slow) and slow.kilowatt_hours is None and slow.price is None
    assert "give --watts" in str(slow) and "give --price" in str(slow)
    assert bill(10, device="T4", measured="", watts=35).kilowatt_hours == pytest.approx(
        slow.hours * 0.035
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 10**400},
        {"watts": -1},
        {"watts": float("nan")},
        {"price_per_hour": -1},
        {"price_per_hour": float("inf")},
    ],
)
def test_numbers_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{[*wrong][0]} is"):
        bill(10, device="mine", measured="", **wrong)
    with pytest.raises(ValueError, match="pictures_per_second is 0"):
        bill(0, device="mine", measured="")


def test_a_speed_from_the_record_of_a_gpu(tmp_path):
    file = tmp_path / "gpu.json"
    file.write_text(json.dumps(RECORD))
    rate, said = recorded_speed("T4", file)
    assert rate == 2000 and "bfloat16, batches of 256" in said
    for device in ("H100", "here", "gpu", "", " "):
        with pytest.raises(ValueError, match=f"not measured on '{device}', but on .*T4.*--device"):
            recorded_speed(device, file)
    with pytest.raises(ValueError, match="holds no speed of caffe in training"):
        recorded_speed("T4", file, "caffe")


def test_a_speed_from_a_training(tmp_path):
    file = tmp_path / "result.json"
    facts = {"pictures": {"train": 1000}, "epochs": 6, "seconds": 30.0, "network": "compact"}
    file.write_text(json.dumps(facts))
    assert recorded_speed("anything", file)[0] == 200


NONSENSE = [
    "[]",
    "5",
    '"speed"',
    '{"speed": []}',
    '{"speed": {"a": 3}, "made": {"machine": {}}}',
    '{"speed": {}, "made": 3}',
    '{"pictures": {"train": "many"}, "epochs": 2, "seconds": 3, "network": "compact"}',
    '{"pictures": {"train": 9}, "epochs": 2, "seconds": 0, "network": "compact"}',
    json.dumps(RECORD).replace("500.0", '"fast"'),
    "\u0000",
]


@pytest.mark.parametrize("text", NONSENSE)
def test_a_record_that_is_none(tmp_path, text):
    file = tmp_path / "result.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="neither the record of a GPU nor of a training"):
        recorded_speed("anything", file)


def test_no_speed_is_guessed(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="no measured speed of H100 is at hand, and none is gue"):
        recorded_speed("H100")


def test_the_command(tmp_path, capsys):
    file = tmp_path / "gpu.json"
    file.write_text(json.dumps(RECORD))
    assert main(["imagenet", "bill", "--device", "T4", "--record", str(file)]) == 0
    assert "16.0 hours" in capsys.readouterr().out
    words = ["--rate", "100", "--watts", "200", "--price", "2", "--epochs", "1"]
    assert main(["imagenet", "bill", *words, "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["hours"] == pytest.approx(3.5588, rel=1e-4)
    assert said["price"] == pytest.approx(2 * said["hours"])
    assert said["kilowatt_hours"] == pytest.approx(0.2 * said["hours"])


@pytest.mark.slow
def test_a_speed_measured_on_the_spot():
    rate, said = measure_speed("compact", batch_size=4, steps=2)
    assert rate > 0 and "2 steps of 4" in said
