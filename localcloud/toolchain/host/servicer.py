"""What the engine may ask of a language host (`LanguageRuntime` of pulumi/language.proto).

What is not here (generating and packaging code) answers UNIMPLEMENTED, which the
engine takes as "this host cannot".
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

from localcloud.toolchain.host import environment
from localcloud.toolchain.host.children import Children
from localcloud.toolchain.host.program import SHOWN
from localcloud.toolchain.process import output
from localcloud.toolchain.versions import PULUMI

_PROGRAM = str(Path(__file__).with_name("program.py"))


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """One engine, any number of programs and policy packs."""

    def __init__(self, children: Children, engine: str) -> None:
        self._children = children
        self._engine = engine

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._engine = request.engine_address
        return messages.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=PULUMI)

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        plugins = _environment(request.info, context).plugins()
        packages = [
            plugin_pb2.PackageDependency(
                name=each.name, kind="resource", version=each.version, server=each.server
            )
            for each in plugins
        ]
        return messages.GetRequiredPackagesResponse(packages=packages)

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run a program to its end. `bail` tells the engine that the person has seen the error already."""
        place = _environment(request.info, context)
        secret = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [str(place.python), "-P", "-u", _PROGRAM, self._settings(request)]
        try:
            child = self._children.start(command, cwd=Path(request.pwd), env=place.variables() | secret)
        except InterruptedError:
            return messages.RunResponse(bail=True)
        except OSError as error:
            return messages.RunResponse(error=f"{place.python} cannot be run: {error}")
        context.add_callback(lambda: self._children.end_one(child))
        return _result(self._children.wait(child))

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a policy pack or another plugin that is written in Python, passing on what it writes."""
        place = _environment(request.info, context)
        folder = request.info.program_directory
        if request.kind == "analyzer":
            command = ["-P", "-u", "-m", "pulumi.policy", *request.args, folder]
        else:
            command = ["-u", folder, *request.args]
        given = dict(pair.partition("=")[::2] for pair in request.env)
        child = self._children.start(
            [str(place.python), *command],
            cwd=Path(request.pwd),
            env=place.variables(given),
            output=subprocess.PIPE,
        )
        context.add_callback(lambda: self._children.end_one(child))
        for stream, data in _written(child):
            if stream == "stdout":
                yield messages.RunPluginResponse(stdout=data)
            else:
                yield messages.RunPluginResponse(stderr=data)
        yield messages.RunPluginResponse(exitcode=self._children.wait(child))

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        place = _environment(request.info, context)
        text = f"The packages of {place.python} are used; `uv sync --frozen` brings them up to date.\n"
        yield messages.InstallDependenciesResponse(stdout=text.encode())

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        python = _environment(request.info, context).python
        version = (output([python, "--version"]) or "").removeprefix("Python ")
        return messages.AboutResponse(executable=str(python), version=version)

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = _environment(request.info, context).dependencies(transitive=request.transitiveDependencies)
        listed = [messages.DependencyInfo(name=name, version=version) for name, version in found]
        return messages.GetProgramDependenciesResponse(dependencies=listed)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._children.end()
        return empty_pb2.Empty()

    def _settings(self, request: Any) -> str:
        info = request.info
        return json.dumps(
            {
                "monitor": request.monitor_address,
                "engine": self._engine,
                "project": request.project,
                "stack": request.stack,
                "organization": request.organization,
                "parallel": request.parallel,
                "dry_run": request.dryRun,
                "root_directory": info.root_directory,
                "program": str(Path(info.program_directory) / (info.entry_point or ".")),
                "args": list(request.args),
            }
        )


def _environment(info: Any, context: grpc.ServicerContext) -> environment.Environment:
    options = json_format.MessageToDict(info.options)
    try:
        return environment.of_program(options, Path(info.root_directory))
    except environment.NoEnvironment as error:
        _abort(context, str(error))


def _abort(context: grpc.ServicerContext, sentence: str) -> NoReturn:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, sentence)
    raise AssertionError("abort always raises")


def _result(code: int) -> Any:
    if code == 0:
        return messages.RunResponse()
    if code == SHOWN or code in (-signal.SIGINT, -signal.SIGTERM):
        return messages.RunResponse(bail=True)
    if code < 0:
        return messages.RunResponse(error=f"the program was ended by {signal.Signals(-code).name}")
    return messages.RunResponse(error=f"the program exited with code {code}")


def _written(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """What the child writes to either stream, as it comes, until both are closed."""
    lines: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()

    def read(name: str, stream: IO[bytes]) -> None:
        while data := stream.read1(65536):  # type: ignore[attr-defined]
            lines.put((name, data))
        lines.put((name, b""))

    assert child.stdout is not None and child.stderr is not None
    for name, stream in (("stdout", child.stdout), ("stderr", child.stderr)):
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    open_streams = 2
    while open_streams:
        name, data = lines.get()
        if data:
            yield name, data
        else:
            open_streams -= 1
