"""`python -m localcloud.toolchain.host ENGINE`: print a port, serve until the engine has had enough."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from localcloud.bare_sdk import without_sdk

if __name__ == "__main__":
    without_sdk()
# Children are started from a process that runs gRPC: without this it logs about every fork.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from localcloud.toolchain.host.children import Children
from localcloud.toolchain.host.servicer import LanguageHost

_LARGEST_MESSAGE = 400 * 1024 * 1024
"""Pulumi's own limit for its gRPC channels."""


def main(argv: list[str]) -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    children = Children()
    server = grpc.server(
        ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE)]
    )
    # Flags for logging and tracing come first, the engine's address last; `pulumi` may give none at all.
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(
        LanguageHost(children, argv[-1] if argv else ""), server
    )
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    wait(stopped, os.getppid())
    children.end()
    server.stop(None)
    # Not sys.exit: worker threads may still wait for an engine that is gone.
    sys.stdout.flush()
    os._exit(0)


def wait(stopped: threading.Event, engine: int) -> None:
    """Until told to stop, or until the engine that started us has died without saying so."""
    while not stopped.wait(1.0):
        if os.getppid() != engine:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
