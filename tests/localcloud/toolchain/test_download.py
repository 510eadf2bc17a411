"""The vendor's download, against a loopback server that plays the release page."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from localcloud.toolchain.download import archive_name, download
from localcloud.toolchain.errors import StepFailed

NAME = "pulumi-v3.259.0-linux-x64.tar.gz"


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Releases:
    """A release page: path to content; an absent path is 404."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.url = ""

    def put(self, content: bytes, *, checksum: str | None = None) -> None:
        name = archive_name()
        digest = checksum or hashlib.sha256(content).hexdigest()
        self.files = {f"/{name}": content, "/pulumi-3.259.0-checksums.txt": f"{digest}  {name}\n".encode()}


@pytest.fixture
def releases() -> Iterator[Releases]:
    page = Releases()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = page.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield page
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_cli_and_its_hosts_are_unpacked_and_executable(releases: Releases, tmp_path: Path) -> None:
    releases.put(archive({"pulumi/pulumi": b"cli", "pulumi/pulumi-language-python": b"host"}))
    download(tmp_path, releases.url)
    assert (tmp_path / "pulumi").read_bytes() == b"cli"
    assert os.access(tmp_path / "pulumi-language-python", os.X_OK)


def test_a_wrong_checksum_is_refused_before_unpacking(releases: Releases, tmp_path: Path) -> None:
    releases.put(archive({"pulumi/pulumi": b"cli"}), checksum="0" * 64)
    with pytest.raises(StepFailed, match="it was not used"):
        download(tmp_path, releases.url)
    assert not list(tmp_path.iterdir())


def test_an_archive_that_the_checksums_do_not_name_is_refused(releases: Releases, tmp_path: Path) -> None:
    releases.put(b"")
    releases.files["/pulumi-3.259.0-checksums.txt"] = b"00  something-else.tar.gz\n"
    with pytest.raises(StepFailed, match="do not name"):
        download(tmp_path, releases.url)


def test_nothing_is_written_outside_the_folder(releases: Releases, tmp_path: Path) -> None:
    releases.put(archive({"../../escape": b"x", "/etc/escape": b"x"}))
    (tmp_path / "in").mkdir()
    download(tmp_path / "in", releases.url)
    assert [path.name for path in tmp_path.rglob("escape")] == ["escape"]
    assert (tmp_path / "in" / "escape").exists()


def test_a_missing_release_is_one_clause(releases: Releases, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="answered 404"):
        download(tmp_path, releases.url)


def test_nobody_there_is_one_clause(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot be reached"):
        download(tmp_path, "http://127.0.0.1:9")


def test_a_vendor_that_never_answers_is_left_after_the_timeout(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StepFailed, match="cannot be reached"):
            download(tmp_path, url, silence=0.2)


def test_archives_are_named_as_the_vendor_names_them() -> None:
    assert archive_name("Linux", "x86_64") == NAME
    assert archive_name("Darwin", "arm64") == "pulumi-v3.259.0-darwin-arm64.tar.gz"
    with pytest.raises(StepFailed, match="no archive for Linux on riscv64"):
        archive_name("Linux", "riscv64")
