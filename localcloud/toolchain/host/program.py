"""Run one Pulumi program, in the program's own environment: started by the language host as a file.

Imports nothing of ours, since that environment may be another project's.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import runpy
import signal
import sys
import traceback
from types import TracebackType
from typing import Any

DEBUG = "CAREPLANE_DEBUG"
"""Set to anything to have the SDK's debug messages, which `pulumi --debug` shows."""

SHOWN = 32
"""Exit code by which Pulumi's SDKs say: it failed, and the person has been shown why."""


def main(given: str) -> int:
    # The engine sends SIGINT to the whole group at the end: die of it without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings = json.loads(given)
    # A program lives for seconds: looking for garbage costs more than leaving it.
    gc.disable()

    import pulumi
    import pulumi.runtime

    if not os.environ.get(DEBUG):
        # Each would be a call that waits for the engine, five to a resource: a fifth of a preview's time.
        pulumi.log.debug = _unsaid
    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
    )
    pulumi.runtime.configure(_runtime_settings(settings))
    # Outputs that nobody awaits are normal in a program that failed: the error itself is shown below.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        # Not asyncio.run: it waits for threads that may still wait for the engine.
        asyncio.new_event_loop().run_until_complete(pulumi.runtime.run_in_stack(lambda: _program(settings)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except Exception as error:
        pulumi.log.error("Program failed with an unhandled exception:\n" + explain(error))
    else:
        return 0
    return SHOWN


def _unsaid(*_: Any, **__: Any) -> None:
    """In the place of `pulumi.log.debug`."""


def _runtime_settings(settings: dict[str, Any]) -> Any:
    import pulumi.runtime

    names = ("monitor", "engine", "project", "stack", "organization", "parallel", "dry_run", "root_directory")
    return pulumi.runtime.Settings(**{name: settings[name] for name in names})


def _program(settings: dict[str, Any]) -> None:
    path = settings["program"]
    sys.argv = [path, *settings["args"]]
    if os.path.isfile(path):
        sys.path.insert(0, os.path.dirname(path))
    runpy.run_path(path, run_name="__main__")


def explain(error: Exception) -> str:
    """The traceback from the program's first line on: the frames that led to it say nothing."""
    return "".join(traceback.format_exception(type(error), error, _skip(error.__traceback__)))


def _skip(trace: TracebackType | None) -> TracebackType | None:
    """Drop the frames before the program's own; all are kept if the program's are not among them."""
    started = trace
    while started is not None and not _is_runner(started):
        started = started.tb_next
    while started is not None and _is_runner(started):
        started = started.tb_next
    return started or trace


def _is_runner(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith("<frozen runpy") or (
        trace.tb_frame.f_code.co_filename == runpy.__file__
    )


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a thread may still wait for an answer that the engine will not give to a failed program.
    os._exit(code)
