"""`python -m localcloud.plugin`: serves on a free loopback port and prints it, as the engine expects."""

from __future__ import annotations

import os
import signal
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

_WORKERS = 64
"""The engine asks for this many resources at once; most of them wait for an answer."""

_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows."""


_PARENT_CHECK_S = 2.0
"""An engine that is killed cannot end its plugins: they look for it themselves."""


def main() -> int:
    _without_sdk()
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


def _without_sdk() -> None:
    """Only the SDK's generated messages are needed here; importing the whole SDK would triple the start."""
    spec = find_spec("pulumi")
    for name, path in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        if name not in sys.modules and spec is not None and spec.submodule_search_locations:
            package = types.ModuleType(name)
            package.__path__ = [f"{location}{path}" for location in spec.submodule_search_locations]
            sys.modules[name] = package


if __name__ == "__main__":
    sys.exit(main())
