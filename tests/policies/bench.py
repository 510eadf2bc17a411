"""Figures of the policies: reports from state, the pack in the engine, and checkov on the same resources."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.policies import bad_tenant
from tests.policies.terraform import plans

ROOT = Path(__file__).resolve().parents[2]
_RUNS = 3
_CHECKOV = "checkov==3.3.30"
Tell = Callable[[str, float, str, str], None]


def run(command: Sequence[str], ok: tuple[int, ...] = (0, 1)) -> tuple[float, float]:
    """Wall seconds and peak resident MiB of a command (Linux)."""
    begun = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in ok, f"{command} ended with {child.returncode}"
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def sound_tenant() -> dict[str, Any]:
    """A tenant without a failing resource: every rule's own passing input, one stack of many types."""
    import policies.rules  # noqa: F401
    from policies.rule import RULES
    from policies.stack import ROOT as STACK

    given = [
        g for rule in RULES.values() for g in rule.passes.resources if g.type != STACK and "*" not in g.type
    ]
    resources = [
        {"type": g.type, "custom": True, "protect": True, "inputs": g.properties, "outputs": g.properties}
        for g in given
    ]
    return {"resources": resources}


def many(count: int) -> bytes:
    """An exported state of so many resources: half of them as they should be, half as they must not be."""
    stack = "bench-tenant-x"
    sound = sound_tenant()["resources"]
    bad = bad_tenant.listed(1, stack)
    listed = [bad[0]]
    while len(listed) <= count:
        for each in [*sound, *bad[1:]]:
            urn = f"urn:pulumi:{stack}::careplane::{each['type']}::r{len(listed)}"
            listed.append({**each, "urn": urn, "id": f"r{len(listed)}"})
    return json.dumps({"version": 3, "deployment": {"resources": listed[: count + 1]}}).encode()


def reports(tell: Tell, folder: Path) -> None:
    for count, target in ((10_000, "target 2 s, 200 MiB"), (100_000, "linear: ten times as much")):
        state = folder / f"{count}.json"
        state.write_bytes(many(count))
        command = [sys.executable, "-m", "policies", "report", "--state", str(state), "--profile", "saas"]
        taken = [run(command) for _ in range(_RUNS if count < 50_000 else 1)]
        seconds = statistics.median(each for each, _ in taken)
        tell(f"98 checks over {count:,} resources, from a state file", seconds, "s", target)
        tell("  peak resident memory", max(each for _, each in taken), "MiB", "")


def pack_start(tell: Tell) -> None:
    """Until the pack has told the engine its port."""

    def once() -> float:
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "policies/pack"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
        )  # fmt: skip
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.monotonic() - begun
        child.kill()
        child.wait()
        assert line.strip().isdigit(), "the pack did not start"
        return seconds

    tell("pack start-up in the engine", statistics.median(once() for _ in range(_RUNS)), "s", "target 0.6")


def engine_overhead(tell: Tell) -> None:
    """What a resource costs in pulumi-policy's own servicer, messages decoded, rules run."""
    from tests.policies.analyzer import Analyzer

    analyzer = Analyzer()
    given = [(each["type"], each["outputs"]) for each in sound_tenant()["resources"]]
    begun = time.monotonic()
    for type, properties in given:
        analyzer.resource(type, properties)
    alone = (time.monotonic() - begun) / len(given)
    begun = time.monotonic()
    analyzer.stack(*given)
    together = (time.monotonic() - begun) / len(given)
    tell("engine overhead a resource, alone", alone * 1000, "ms", "")
    tell("engine overhead a resource, with the stack's rules", (alone + together) * 1000, "ms", "target 5")


FILTERS = (
    ("f-text", "r"), ("f-text", "resource-0 encrypt"), ("f-text", ""), ("f-severity", "high"),
    ("f-framework", "nist"), ("f-control", "SC-28"), ("f-check", "topic-cmek"),
)  # fmt: skip
TIMED = """
const field = document.getElementById(arguments[0]);
field.value = arguments[1];
const began = performance.now();
field.dispatchEvent(new Event(field.type === "search" ? "input" : "change"));
document.body.offsetHeight;
return performance.now() - began;
"""


def page(tell: Tell, folder: Path) -> None:
    """The report of 10,000 resources in headless Chromium: until it is ready, and its slowest filter."""
    from policies.report import html_report
    from tests.policies.report import browser
    from tests.policies.report.reports import covered, large

    if browser.ABSENT:
        print(f"report.html of 10,000 resources: not measured, {browser.ABSENT}", flush=True)
        return
    report = large(10_000)
    file = folder / "report.html"
    file.write_text(html_report.render(report, covered(report)))
    with browser.chromium(folder / "profile") as driver:
        browser.window(driver, 1280)
        driver.get(file.as_uri())
        ready = driver.execute_script("return performance.getEntriesByName('ready')[0].startTime")
        slowest = max(
            statistics.median(driver.execute_script(TIMED, *each) for _ in range(_RUNS)) for each in FILTERS
        )
    tell(f"report.html of {len(report.findings):,} findings: ready", ready, "ms", "")
    tell("  its slowest filter, with layout", slowest, "ms", "target 200")


def side_by_side(tell: Tell, folder: Path) -> None:
    """The same Terraform plan judged by both, each by its own command, start included."""
    checkov = folder / "checkov"
    uv = str(ROOT / "scripts" / "uv")
    subprocess.run([uv, "venv", "--quiet", str(checkov)], check=True)
    python = str(checkov / "bin" / "python")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, _CHECKOV], check=True)
    for copies in (1, 40, 400):
        file = folder / f"plan-{copies}.json"
        file.write_text(json.dumps(plans.plan(bad_tenant.listed(copies))))
        theirs, memory = run(
            [str(checkov / "bin" / "checkov"), "-f", str(file), "--framework", "terraform_plan",
             "-o", "json", "--quiet", "--skip-download"]
        )  # fmt: skip
        ours, resident = run(
            [
                sys.executable,
                "-m",
                "policies",
                "report",
                "--plan",
                str(file),
                "--jurisdiction",
                "eu",
            ]
        )
        count = copies * 25
        tell(f"{_CHECKOV} over a plan of {count:,} resources", theirs, "s", f"{memory:.0f} MiB")
        tell(f"careplane over a plan of {count:,} resources", ours, "s", f"{resident:.0f} MiB")


def figures(tell: Tell) -> None:
    with tempfile.TemporaryDirectory(prefix="careplane-policies-") as folder:
        reports(tell, Path(folder))
        pack_start(tell)
        engine_overhead(tell)
        page(tell, Path(folder))
        side_by_side(tell, Path(folder))


if __name__ == "__main__":
    figures(
        lambda name, value, unit, target: print(f"{name:<58} {value:>9.2f} {unit:<5} {target}", flush=True)
    )
