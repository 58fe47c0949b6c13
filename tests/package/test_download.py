"""Downloads, against a server on this machine that also misbehaves."""

import hashlib
import importlib
import os
import pickle
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from alexnet_tutorial.pictures import (
    ENVIRONMENT_VARIABLE,
    FILES,
    DataError,
    DownloadError,
    download,
    download_signs,
    generate_signs,
    load_signs,
    save_signs,
    signs,
)
from alexnet_tutorial.pictures.download import PinnedFile, sha256_of

PICTURES = "alexnet_tutorial.pictures"
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
        ranges = True
        asked = []
        starts = []

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
                "other": bytes(len(data)),
                "long": data + b"more",
                "endless": data + bytes(len(data)),
                "short": data[:-1],
            }.get(self.behavior, data)
            asked = self.headers.get("Range") if self.ranges else None
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            type(self).starts.append(start)
            if asked:
                self.send_response(206)
                shift = 1 if self.behavior == "wrong range" else 0
                self.send_header(
                    "Content-Range", f"bytes {start + shift}-{len(body) - 1}/{len(body)}"
                )
            else:
                self.send_response(200)
            body = body[start:]
            if self.behavior != "endless":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.behavior == "cut" else body)

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


def test_progress_says_how_long_the_rest_takes(monkeypatch, capsys):
    """Half was done before; a quarter of the rest took ten minutes, so the others take thirty."""
    now = [0.0]
    monkeypatch.setattr(download.time, "monotonic", lambda: now[0])
    with download.Percent("it", 800, True, before=400) as percent:
        now[0] = 600.0
        percent(500)
        percent(501)
    assert capsys.readouterr().err == "\rit:  62 %, 30 min left\n"


def test_what_is_there_is_not_fetched_again(server, published, tmp_path):
    download_signs(tmp_path, server.url, published[1], progress=False)
    asked = len(server.handler.asked)
    download_signs(tmp_path, server.url, published[1], progress=False)
    assert len(server.handler.asked) == asked


@pytest.mark.parametrize(
    ("behavior", "message"),
    [
        ("404", "answered 404"),
        ("short", "the server has .* bytes, expected"),
        ("long", "the server has .* bytes, expected"),
        ("endless", "more than the expected .* bytes arrived"),
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


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on_where_it_stopped(server, published, tmp_path, ranges):
    content, pinned = published
    server.handler.behavior, server.handler.ranges = "cut", ranges
    name, whole = pinned[0].name, pinned[0].size
    for _ in range(2):
        with pytest.raises(DownloadError, match="goes on from there"):
            download_signs(tmp_path, server.url, pinned[:1], progress=False)
    (part,) = tmp_path.iterdir()
    assert part.name == f".{name}.part"
    first = whole // 2
    second = first + (whole - first) // 2 if ranges else first
    assert part.read_bytes() == content[name][:second]
    assert server.handler.starts == [0, first if ranges else 0]

    server.handler.behavior = "well"
    (path,) = download_signs(tmp_path, server.url, pinned[:1], progress=False)
    assert server.handler.starts[2] == (second if ranges else 0)
    assert path.read_bytes() == content[name]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("behavior", ["404", "short", "long", "hang"])
def test_what_arrived_before_outlives_a_server_in_trouble(server, published, tmp_path, behavior):
    content, pinned = published
    part = tmp_path / f".{pinned[0].name}.part"
    part.write_bytes(content[pinned[0].name][:100])
    server.handler.behavior = behavior
    with pytest.raises(DownloadError):
        download_signs(tmp_path, server.url, pinned[:1], timeout=1, progress=False)
    assert part.read_bytes() == content[pinned[0].name][:100]
    assert list(tmp_path.iterdir()) == [part]


@pytest.mark.parametrize("left", ["other bytes", "too many", "all", "wrong range"])
def test_a_part_is_never_trusted(server, published, tmp_path, left):
    content, pinned = published
    name, size = pinned[0].name, pinned[0].size
    good = content[name]
    part = tmp_path / f".{name}.part"
    if left == "wrong range":
        server.handler.behavior = left
    part.write_bytes(
        {"other bytes": bytes(100), "too many": bytes(size + 1), "all": good}.get(left, good[:9])
    )
    if left == "other bytes":
        with pytest.raises(DownloadError, match="arrived with sha256"):
            download_signs(tmp_path, server.url, pinned[:1], progress=False)
        assert list(tmp_path.iterdir()) == []  # so that the next try starts anew
    if left == "wrong range":
        with pytest.raises(DownloadError, match="the server has"):
            download_signs(tmp_path, server.url, pinned[:1], progress=False)
        server.handler.behavior = "well"
    (path,) = download_signs(tmp_path, server.url, pinned[:1], progress=False)
    assert path.read_bytes() == good and list(tmp_path.iterdir()) == [path]
    if left == "all":
        assert server.handler.asked == []


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


@pytest.fixture(params=["cifar10", "imagenette"])
def archive(request, server, published, pack, jpeg, tmp_path, monkeypatch):
    """The loader of a set whose small archive the server holds, its name, bytes and folder."""
    name, module = request.param, importlib.import_module(f"{PICTURES}.{request.param}")
    pinned = module.ARCHIVE if name == "cifar10" else module.ARCHIVES[320]
    if name == "cifar10":
        labels = {"labels": [*range(10)], "data": np.zeros((10, 3072), "uint8")}
        batch = pickle.dumps({key.encode(): value for key, value in labels.items()}, protocol=4)
        names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
        files = {f"cifar-10-batches-py/{batch_name}": batch for batch_name in names}
    else:
        files = {
            f"imagenette2-320/{part}/{wnid}/{number}.JPEG": jpeg(number, 30, 30)
            for part in ("train", "val")
            for wnid in module.CLASSES
            for number in range(2)
        }
    data = pack(tmp_path / "made.tgz", files).read_bytes()
    published[0][pinned.name] = data
    small = PinnedFile(pinned.name, len(data), hashlib.sha256(data).hexdigest())
    if name == "cifar10":
        monkeypatch.setattr(module, "ARCHIVE", small)
    else:
        monkeypatch.setitem(module.ARCHIVES, 320, small)
    folder, load = tmp_path / "data", getattr(module, f"load_{name}")
    folder.mkdir()

    def loader(source="download", **options):
        return load(source, directory=folder, url=server.url, pixels=24, validation=0.5, **options)

    return loader, pinned.name, data, folder / name


def test_a_set_is_downloaded_and_then_found(server, archive, capsys):
    load, name, data, folder = archive
    sets = load()
    assert sets.kind == "real" and f"downloaded to {folder / name}" in sets.source
    assert (folder / name).read_bytes() == data and f"{name}: 100 %" in capsys.readouterr().err
    asked = len(server.handler.asked)
    again = load("auto", progress=False)
    assert again.archive == folder / name and (again.test.x == sets.test.x).all()
    assert load(progress=False).kind == "real" and len(server.handler.asked) == asked


def test_a_set_cut_short_goes_on_where_it_stopped(server, archive):
    load, name, data, folder = archive
    server.handler.behavior = "cut"
    with pytest.raises(DownloadError, match="goes on from there"):
        load(progress=False)
    (part,) = folder.iterdir()
    assert part.read_bytes() == data[: len(data) // 2]
    # A part is never taken for the set.
    assert load("auto", progress=False).kind == "generated"
    server.handler.behavior = "well"
    assert load(progress=False).kind == "real"
    assert server.handler.starts == [0, len(data) // 2]


@pytest.mark.parametrize(
    ("behavior", "message"), [("404", "answered 404"), ("other", "arrived with sha256")]
)
def test_a_set_that_does_not_arrive_leaves_nothing(server, archive, behavior, message):
    load, _, _, folder = archive
    server.handler.behavior = behavior
    with pytest.raises(DownloadError, match=message) as error:
        load(progress=False)
    assert "SIGNS" not in str(error.value) and not list(folder.iterdir())


def test_online_a_set_is_tried_and_drawn_where_that_fails(server, archive, monkeypatch, capsys):
    load, name, _, folder = archive
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "test")
    server.handler.behavior = "404"
    assert load("auto", progress=False).kind == "generated"
    assert "Using drawn shapes, because the download failed" in capsys.readouterr().err
    server.handler.behavior = "well"
    assert load("auto", progress=False).archive == folder / name


def test_a_disk_without_room_takes_no_download(server, archive, full_disk):
    load, name, _, folder = archive
    with pytest.raises(DataError, match=f"MB are needed to download {name}, and 0.0 MB are free"):
        load(progress=False)
    assert server.handler.asked == [] and not list(folder.iterdir())


def test_a_set_without_a_network_says_what_there_is(archive, tmp_path, server):
    load, *_ = archive
    server.url = "http://127.0.0.1:9/"
    with pytest.raises(DownloadError, match='source="generated" draws pictures here') as error:
        load(progress=False)
    assert "SIGNS" not in str(error.value)


def test_a_hash_that_differs_by_default_is_refused(server, tmp_path):
    """The pinned hashes are those of the published files, not of what a server happens to hold."""
    with pytest.raises(DownloadError, match="expected 1,477,712"):
        load_signs("download", directory=tmp_path, url=server.url, progress=False)
    assert not list((tmp_path / "signs").iterdir())
