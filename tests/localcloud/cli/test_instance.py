"""The lock of a home and the ports it needs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.cli import control, instance
from localcloud.cli.errors import PortInUse, Unwritable
from localcloud.settings import LocalSettings
from tests.free_ports import free_base
from tests.localcloud.cli.places import settings
from tests.localcloud.running import RunningCloud


def test_a_home_that_nobody_used_has_no_holder(tmp_path: Path) -> None:
    holder = instance.holder(settings(tmp_path))
    assert (holder.pid, holder.alive, holder.stale) == (None, False, False)


def test_the_holder_is_known_while_the_lock_is_held(tmp_path: Path) -> None:
    here = settings(tmp_path)
    instance.make_home(here)
    with instance.held(here):
        assert instance.holder(here) == instance.Holder(os.getpid(), True)
    assert instance.holder(here) == instance.Holder(None, False)


def test_a_second_server_of_the_same_home_is_refused(tmp_path: Path) -> None:
    here = settings(tmp_path)
    instance.make_home(here)
    with instance.held(here), pytest.raises(instance.AlreadyRunning, match=f"process {os.getpid()}"):
        with instance.held(here):
            pass


def _hold_and_die(here: LocalSettings) -> None:
    with instance.held(here):
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_lock_of_a_killed_server_is_stale_and_can_be_taken(tmp_path: Path) -> None:
    here = settings(tmp_path)
    instance.make_home(here)
    child = multiprocessing.get_context("spawn").Process(target=_hold_and_die, args=(here,))
    child.start()
    child.join()
    assert instance.holder(here) == instance.Holder(child.pid, False)
    assert instance.holder(here).stale
    with instance.held(here) as before:
        assert before.stale and before.pid == child.pid


def test_a_lock_file_with_nonsense_in_it_is_taken_over(tmp_path: Path) -> None:
    here = settings(tmp_path)
    instance.make_home(here)
    instance.lock_file(here).write_text("not a number")
    with instance.held(here) as before:
        assert not before.stale


def test_a_port_in_use_is_named_with_its_use_and_the_variable(tmp_path: Path) -> None:
    here = settings(tmp_path, free_base())
    with socket.create_server((here.address, here.port("cloudkms"))):
        with pytest.raises(PortInUse) as caught:
            instance.require_free_ports(here)
    assert caught.value.port == here.port("cloudkms")
    assert f"port {here.port('cloudkms')} of 127.0.0.1 (cloudkms)" in str(caught.value)
    assert "CAREPLANE_PORT_BASE" in str(caught.value)


def test_free_ports_are_no_error(tmp_path: Path) -> None:
    instance.require_free_ports(settings(tmp_path, free_base()))


def test_a_home_under_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable, match=r"Not a directory.*CAREPLANE_HOME"):
        instance.make_home(settings(tmp_path / "file"))


@pytest.mark.skipif(
    os.geteuid() == 0 and sys.platform == "darwin", reason="needs setpriv or another user than root"
)
def test_a_home_without_permission_is_one_sentence(tmp_path: Path) -> None:
    """Root may write anywhere, so as root this asks an unprivileged process."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    script = (
        "from pathlib import Path\nfrom localcloud.cli import main\nimport sys\n"
        f"sys.exit(main(['--home', {str(locked / 'home')!r}, '--port-base', '20000', 'up']))"
    )
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_nobody, sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if as_nobody and (
        "ModuleNotFoundError" in done.stderr or "Permission denied" in done.stderr.splitlines()[0][:80]
    ):
        pytest.skip("another user may not read this checkout")
    assert done.returncode == 2, done.stderr
    assert "cannot write" in done.stderr and "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr


def test_somebody_elses_server_is_not_taken_for_ours(tmp_path: Path, fresh_localcloud: RunningCloud) -> None:
    """Another home on the same ports answers `/healthz` as ours would, but not our token."""
    stranger = settings(tmp_path, fresh_localcloud.settings.port_base)
    stranger.home.mkdir(parents=True)
    assert control.healthy(stranger)
    assert not control.ours(stranger)
    control.token_file(stranger).write_text("ya29.not-theirs")
    assert not control.ours(stranger)
    assert control.ours(fresh_localcloud.settings)
