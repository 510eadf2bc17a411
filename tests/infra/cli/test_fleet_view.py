from __future__ import annotations

import io

from infra.cli.fleet_state import TenantResult
from infra.cli.fleet_view import FleetView, TenantLine, sentence

DONE = TenantResult("a", "local-tenant-a", "done", 4.2, {"create": 3})
FAILED = TenantResult("b", "local-tenant-b", "failed", 1.0, reason="no quota\nmore in the log")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work(out: io.StringIO) -> str:
    view = FleetView(2, out)
    line = TenantLine(view=view, tenant="a")
    line.step("local-tenant-a", "updating", 7)
    view.end(DONE)
    view.end(FAILED)
    view.close()
    return out.getvalue()


def test_a_pipe_gets_one_plain_line_a_tenant() -> None:
    assert work(io.StringIO()).splitlines() == [
        "[1/2] a: 3 created (4.2 s)",
        "[2/2] b: failed: no quota (1.0 s)",
    ]


def test_a_terminal_gets_lines_updated_in_place_and_a_bar() -> None:
    said = work(Terminal())
    assert "a                    updating, 7 resources" in said
    assert "\x1b[2A\x1b[J[1/2] a: 3 created" in said
    assert "[##############################] 2/2, 1 failed" in said
    assert said.endswith("\x1b[1A\x1b[J")


def test_a_tenant_that_was_skipped_says_why() -> None:
    skipped = TenantResult("c", "local-tenant-c", "skipped", reason="canary a failed")
    assert sentence(skipped) == "c: skipped: canary a failed (0.0 s)"
