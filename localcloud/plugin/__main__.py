"""`python -m localcloud.plugin`: serves on a free loopback port and prints it, as the engine expects."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from localcloud.bare_sdk import without_sdk

_WORKERS = 64
"""The engine asks for this many resources at once; most of them wait for an answer."""

_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows."""


_PARENT_CHECK_S = 2.0
"""An engine that is killed cannot end its plugins: they look for it themselves."""


def main() -> int:
    without_sdk()
    import grpc
    from pulumi.runtime.proto import provider_pb2_grpc

    from localcloud.plugin.server import Provider

    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(_WORKERS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stop = _stopped_by_signals()
    # Whoever reads the port may end us at once: the handlers are there before it is printed.
    print(port, flush=True)
    _wait(stop)
    server.stop(grace=1).wait()
    return 0


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _wait(stop: threading.Event) -> None:
    parent = os.getppid()
    while not stop.wait(_PARENT_CHECK_S) and os.getppid() == parent:
        pass


if __name__ == "__main__":
    sys.exit(main())
