"""Downloads, against a server on this machine that also misbehaves."""

import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from alexnet_tutorial.datasets import (
    ENVIRONMENT_VARIABLE,
    FILES,
    DataError,
    DownloadError,
    download_signs,
    generate_signs,
    load_signs,
    save_signs,
    signs,
)
from alexnet_tutorial.datasets.download import PinnedFile, sha256_of

REAL = os.environ.get(ENVIRONMENT_VARIABLE)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Two small files as a server would hold them: {name: bytes}, and their pinned hashes."""
    folder = tmp_path_factory.mktemp("published")
    train, test, _ = generate_signs(train=12, test=6, seed=8)
    save_signs(folder, train, test)
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    pinned = tuple(
        PinnedFile(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in sorted(content.items())
    )
    return content, pinned


@pytest.fixture
def server(published):
    """A server whose ``behavior`` a test can set; counts what it was asked for."""
    content, _ = published

    class Handler(BaseHTTPRequestHandler):
        behavior = "well"
        asked = []

        def do_GET(self):
            name = self.path.rsplit("/", 1)[-1]
            type(self).asked.append(name)
            data = content.get(name)
            if data is None or self.behavior == "404":
                self.send_error(404)
                return
            if self.behavior == "hang":
                stop.wait(20)
                return
            body = {
                "cut": data[: len(data) // 2],
                "other": bytes(len(data)),
                "long": data + b"more",
                "short": data[:-1],
            }.get(self.behavior, data)
            self.send_response(200)
            length = len(data) if self.behavior == "cut" else len(body)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    stop = threading.Event()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    httpd.handler = Handler
    httpd.url = f"http://127.0.0.1:{httpd.server_port}/datasets/"
    yield httpd
    stop.set()
    httpd.shutdown()
    httpd.server_close()


@pytest.mark.skipif(not REAL, reason=f"{ENVIRONMENT_VARIABLE} names no folder")
def test_the_published_hash_is_that_of_the_real_test_set():
    path = Path(REAL) / "signs" / FILES[0].name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    assert sha256_of(path) == FILES[0].sha256
    assert path.stat().st_size == FILES[0].size


def test_a_download_that_works(server, published, tmp_path, capsys):
    content, pinned = published
    paths = download_signs(tmp_path / "signs", server.url, pinned)
    assert {p.name: p.read_bytes() for p in paths} == content
    assert sorted(p.name for p in (tmp_path / "signs").iterdir()) == sorted(content)
    captured = capsys.readouterr()
    assert "100 %" in captured.err and captured.out == ""


def test_what_is_there_is_not_fetched_again(server, published, tmp_path):
    download_signs(tmp_path, server.url, published[1], progress=False)
    asked = len(server.handler.asked)
    download_signs(tmp_path, server.url, published[1], progress=False)
    assert len(server.handler.asked) == asked


@pytest.mark.parametrize(
    ("behavior", "message"),
    [
        ("404", "answered 404"),
        ("cut", "bytes arrived"),
        ("short", "bytes arrived, expected"),
        ("long", "bytes arrived, expected"),
        ("other", "arrived with sha256"),
        ("hang", "0 of .* bytes arrived, then: .*timed out"),
    ],
)
def test_a_broken_download_leaves_nothing(server, published, tmp_path, behavior, message):
    server.handler.behavior = behavior
    with pytest.raises(DownloadError, match=message) as error:
        download_signs(tmp_path, server.url, published[1], timeout=1, progress=False)
    assert server.url in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_no_server(tmp_path, published):
    with pytest.raises(DownloadError, match="generated"):
        download_signs(tmp_path, "http://127.0.0.1:9/", published[1], progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["not an address", "nothing://127.0.0.1/"])
def test_no_address(tmp_path, published, url):
    with pytest.raises(DownloadError):
        download_signs(tmp_path, url, published[1], progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_ones_own_is_left_alone(server, published, tmp_path):
    mine = tmp_path / "test_signs.h5"
    mine.write_bytes(b"my own")
    with pytest.raises(DataError, match="left alone"):
        download_signs(tmp_path, server.url, published[1], progress=False)
    assert mine.read_bytes() == b"my own"


@pytest.fixture
def pinned_here(published, monkeypatch):
    """Let the loader accept the small files of this test as the published ones."""

    def download(folder, url, progress):
        return download_signs(folder, url, published[1], progress=progress)

    monkeypatch.setattr(signs, "download_signs", download)
    monkeypatch.setattr(signs, "GENERATED_TRAIN", 12)
    monkeypatch.setattr(signs, "GENERATED_TEST", 6)


def test_the_loader_downloads_when_asked(server, tmp_path, pinned_here):
    loaded = load_signs("download", directory=tmp_path, url=server.url, progress=False)
    assert loaded.kind == "real" and "downloaded" in loaded.source
    again = load_signs("auto", directory=tmp_path)
    assert np.array_equal(again.test.x, loaded.test.x)


def test_the_loader_never_replaces_a_failed_download(server, tmp_path, pinned_here):
    server.handler.behavior = "404"
    with pytest.raises(DownloadError):
        load_signs("download", directory=tmp_path, url=server.url, progress=False)


def test_online_auto_tries_a_download_and_says_when_it_fails(
    server, tmp_path, pinned_here, monkeypatch, capsys
):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "test")
    server.handler.behavior = "404"
    loaded = load_signs(directory=tmp_path, url=server.url, progress=False)
    assert loaded.kind == "generated"
    assert "answered 404" in capsys.readouterr().err
    server.handler.behavior = "well"
    assert load_signs(directory=tmp_path, url=server.url, progress=False).kind == "real"


def test_a_hash_that_differs_by_default_is_refused(server, tmp_path):
    """The pinned hashes are those of the published files, not of what a server happens to hold."""
    with pytest.raises(DownloadError, match="expected 1,477,712"):
        load_signs("download", directory=tmp_path, url=server.url, progress=False)
    assert not list((tmp_path / "signs").iterdir())
