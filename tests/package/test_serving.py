"""The page that names pictures: what a browser gets, and what nobody else does."""

import http.client
import io
import json
import threading

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")

from alexnet_tutorial.__main__ import main  # noqa: E402
from alexnet_tutorial.classifier import Classifier  # noqa: E402
from alexnet_tutorial.commands import serving  # noqa: E402


@pytest.fixture(scope="module")
def server():
    classifier = Classifier.from_architecture("compact", ["cat", "dog", "<b>owl</b>"])
    with serving.Server(classifier) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def picture():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return pixels, file.getvalue()


def ask(server, method="POST", path="/predict", body=b"", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_answers_what_the_classifier_says(server, picture):
    pixels, file = picture
    status, body = ask(server, body=file)
    [wanted] = server.classifier.predict_top(pixels[None], 3)
    assert status == 200
    found = json.loads(body)["top"]
    assert [(each["name"], each["label"]) for each in found] == [(w.name, w.label) for w in wanted]
    assert [each["confidence"] for each in found] == pytest.approx(
        [w.confidence for w in wanted], abs=1e-6
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"%!PS", "this file"), (b"", "this file"), (b"\x89PNG\r\n\x1a\n", "this file")],
)
def test_what_is_no_picture_is_refused_in_words(server, body, words):
    status, answer = ask(server, body=body)
    assert status == 400
    said = json.loads(answer)["error"]
    assert words in said
    assert "/tmp" not in said


def test_asks_for_one_picture_of_a_bearable_size(server, picture, monkeypatch):
    assert ask(server, path="/other", body=picture[1])[0] == 400
    assert ask(server, "GET", "/../../etc/passwd")[0] == 404
    monkeypatch.setattr(serving, "LARGEST", 1000)
    status, body = ask(server, body=picture[1])
    assert status == 413
    assert "at most 1000" in json.loads(body)["error"]


def test_other_pages_and_names_get_no_answer(server, picture):
    """A page elsewhere may send forms here, or lead its own name to this address."""
    port = server.server_port
    assert ask(server, body=picture[1], Origin="https://example.org")[0] == 403
    assert ask(server, "GET", "/", Host=f"example.org:{port}")[0] == 403
    assert ask(server, "GET", "/", Host=f"localhost:{port}")[0] == 200
    own = f"http://127.0.0.1:{port}"
    assert ask(server, body=picture[1], Origin=own)[0] == 200


def test_a_taken_port_and_a_missing_network_are_named(server, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "classifier_of", lambda path: server.classifier)
    assert main(["serve", "--port", str(server.server_port)]) == 1
    assert "another number" in capsys.readouterr().err
    monkeypatch.undo()
    assert main(["serve", str(tmp_path / "no.keras")]) == 1
    assert "there is no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["serve", "--port", "99999"])
    assert "no port" in capsys.readouterr().err


@pytest.mark.slow
def test_a_browser_shows_the_answer(server, picture, browser, axe_script):
    _, file = picture
    page = browser.new_page(viewport={"width": 390, "height": 844})
    problems = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(server.address)
    give = page.locator("input[type=file]")
    give.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": file})
    page.locator("table tr").first.wait_for()
    rows = page.locator("table tr td:first-child").all_text_contents()
    assert sorted(rows) == sorted(server.classifier.class_names)  # names as text, never as markup
    assert page.get_by_role("status").text_content() == f"Most likely: {rows[0]}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(axe_script)
    assert page.evaluate("axe.run().then(r => r.violations.map(v => v.id))") == []
    assert problems == []

    give.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"words"})
    page.get_by_role("status").filter(has_text="file").wait_for()
    assert page.locator("table").is_hidden()
    page.close()
