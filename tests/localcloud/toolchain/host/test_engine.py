"""The language host under the real Pulumi engine: programs, policy packs, failures, cancellation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.process import alive
from localcloud.toolchain import cli, launchers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

PROGRAM = """
import os
import pulumi
import localcloud  # installed, so found without touching sys.path

mode = pulumi.Config().get("mode")
if mode == "raise":
    def deep():
        raise ValueError("broken on purpose")
    deep()
if mode == "sentence":
    raise pulumi.RunError("the size must be small or large")
if mode == "crash":
    os._exit(7)
if mode == "wait":
    import time
    open(os.environ["PID_FILE"], "w").write(str(os.getpid()))
    time.sleep(60)
if mode == "talk":
    print("a line of the program's own")
pulumi.ComponentResource("test:index:Thing", "thing")
pulumi.export("secret", pulumi.Config().get_secret("word"))
pulumi.export("where", [os.getcwd(), pulumi.get_root_directory(), pulumi.get_stack(), pulumi.get_project()])
"""

PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def check(args, report):
    if args.name == "thing":
        report("things are not allowed")

PolicyPack("pack", policies=[ResourceValidationPolicy(
    name="no-things", description="None.", validate=check, enforcement_level=EnforcementLevel.MANDATORY)])
"""


@dataclass(frozen=True)
class Project:
    """A small project of ours and the way to run Pulumi on it."""

    root: Path
    env: dict[str, str]

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.root,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    pulumi = cli.find(cli.default_ways())
    if pulumi is None:
        pytest.skip("there is no Pulumi CLI yet (make one with `python -m localcloud toolchain`)")
    if pulumi.own_host:
        pytest.skip("this Pulumi CLI brings a language host of its own, so ours is not used")
    folders = launchers.write(pulumi, tmp_path / "home")
    (tmp_path / "state").mkdir()
    (tmp_path / "home" / "xdg").mkdir()
    venv = Path(sys.prefix)
    write(
        tmp_path / "Pulumi.yaml",
        (
            "name: small\nruntime:\n  name: python\n  options:\n"
            f"    virtualenv: {os.path.relpath(venv, tmp_path)}\n"
            "main: infra/program/\nstackConfigDir: stacks\n"
        ),
    )
    write(tmp_path / "infra" / "program" / "__main__.py", PROGRAM)
    pack = tmp_path / "policies" / "pack"
    write(pack / "__main__.py", PACK)
    write(
        pack / "PulumiPolicy.yaml",
        (f"runtime:\n  name: python\n  options:\n    virtualenv: {os.path.relpath(venv, pack)}\n"),
    )
    made = Project(
        tmp_path,
        {
            "PATH": os.pathsep.join([*map(str, folders.path), "/usr/bin", "/bin"]),
            "HOME": str(tmp_path / "home"),
            "CAREPLANE_PYTHON": sys.executable,
            "PID_FILE": str(tmp_path / "pid"),
            "PULUMI_HOME": str(tmp_path / "home" / "pulumi"),
            "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        },
    )
    assert made.pulumi("stack", "init", "dev").returncode == 0
    return made


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def set_mode(project: Project, mode: str) -> None:
    assert project.pulumi("config", "set", "mode", mode).returncode == 0


def test_a_program_comes_up_with_secrets_and_a_second_preview_is_empty(project: Project) -> None:
    assert project.pulumi("config", "set", "--secret", "word", "hush").returncode == 0
    up = project.pulumi("up", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "hush" not in up.stdout
    again = project.pulumi("preview", "--expect-no-changes")
    assert again.returncode == 0, again.stdout
    where = project.pulumi("stack", "output", "where").stdout
    assert f'["{project.root}/infra/program","{project.root}","dev","small"]' in where
    assert (project.root / "stacks" / "Pulumi.dev.yaml").exists()


def test_a_mandatory_policy_stops_the_update(project: Project) -> None:
    up = project.pulumi("up", "--yes", "--policy-pack", "policies/pack")
    assert up.returncode != 0
    assert "[mandatory]  no-things" in up.stdout
    assert "things are not allowed" in up.stdout


def test_a_policy_pack_that_does_not_import_shows_its_traceback(project: Project) -> None:
    write(project.root / "policies" / "pack" / "__main__.py", "import no_such_module")
    preview = project.pulumi("preview", "--policy-pack", "policies/pack")
    assert preview.returncode != 0
    assert "No module named 'no_such_module'" in preview.stdout + preview.stderr


def test_a_failure_shows_the_programs_own_traceback_and_nothing_above_it(project: Project) -> None:
    set_mode(project, "raise")
    preview = project.pulumi("preview")
    assert preview.returncode != 0
    assert "broken on purpose" in preview.stdout
    assert f'File "{project.root}/infra/program/__main__.py", line' in preview.stdout
    assert "runpy" not in preview.stdout and "run_in_stack" not in preview.stdout
    assert preview.stdout.count("Traceback") == 1


def test_an_error_meant_for_the_person_is_shown_without_traceback(project: Project) -> None:
    set_mode(project, "sentence")
    preview = project.pulumi("preview")
    assert preview.returncode != 0
    assert "error: the size must be small or large" in preview.stdout
    assert "Traceback" not in preview.stdout


def test_a_program_that_dies_is_an_error_with_its_code(project: Project) -> None:
    set_mode(project, "crash")
    preview = project.pulumi("preview")
    assert preview.returncode != 0
    assert "the program exited with code 7" in preview.stdout


def test_what_the_program_prints_is_shown(project: Project) -> None:
    set_mode(project, "talk")
    assert "a line of the program's own" in project.pulumi("preview").stdout


@pytest.fixture
def waiting(project: Project) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A preview whose program waits, and that program's process id."""
    set_mode(project, "wait")
    preview = project.start("preview")
    deadline = time.monotonic() + 30
    pid_file = project.root / "pid"
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline and preview.poll() is None
        time.sleep(0.05)
    yield preview, int(pid_file.read_text())
    if preview.poll() is None:
        preview.kill()
    preview.wait()
    if preview.stdout is not None:
        preview.stdout.close()


def test_ctrl_c_ends_engine_and_program_quietly(waiting: tuple[subprocess.Popen[str], int]) -> None:
    preview, program = waiting
    preview.send_signal(signal.SIGINT)
    said = preview.communicate(timeout=30)[0]
    assert preview.returncode != 0
    assert "Traceback" not in said
    assert gone(program)


def test_no_program_outlives_an_engine_that_was_killed(waiting: tuple[subprocess.Popen[str], int]) -> None:
    preview, program = waiting
    preview.kill()
    assert gone(program)


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_about_and_install_answer(project: Project) -> None:
    about = project.pulumi("about")
    assert "This project is written in python" in about.stdout
    assert f"version='{'.'.join(map(str, sys.version_info[:3]))}'" in about.stdout


def test_a_missing_virtual_environment_is_one_sentence(project: Project) -> None:
    text = (project.root / "Pulumi.yaml").read_text()
    (project.root / "Pulumi.yaml").write_text(text.replace("virtualenv: ", "virtualenv: nowhere/"))
    preview = project.pulumi("preview")
    assert preview.returncode != 0
    assert "holds no Python; make it with `uv sync --frozen`" in preview.stderr
