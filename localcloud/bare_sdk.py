"""The SDK's generated messages without the SDK: importing all of it would triple the start of a server."""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec


def without_sdk() -> None:
    """From here on `pulumi` and `pulumi.runtime` are empty packages; `pulumi.runtime.proto` is as always."""
    spec = find_spec("pulumi")
    for name, path in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        if name not in sys.modules and spec is not None and spec.submodule_search_locations:
            package = types.ModuleType(name)
            package.__path__ = [f"{location}{path}" for location in spec.submodule_search_locations]
            sys.modules[name] = package
