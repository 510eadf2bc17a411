"""TLS in front of one PostgreSQL server, in a process of its own.

The PostgreSQL programs of the wheel are built without OpenSSL. This process answers the SSLRequest of
the wire protocol (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL), so
that clients meet an encrypted Cloud SQL instance; what is decrypted goes to the server on loopback.

    python -m localcloud.postgres.proxy HOST PORT BACKEND_PORT CERTIFICATE KEY required|optional
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import sys

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_GSS_REQUEST = struct.pack("!ii", 8, 80877104)
_CHUNK = 1 << 16
_STARTUP_SECONDS = 30.0


def fatal(code: str, message: str) -> bytes:
    """An ErrorResponse of the wire protocol."""
    fields = b"".join(
        kind + text.encode() + b"\0"
        for kind, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", message))
    )
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


class Proxy:
    def __init__(self, host: str, backend_port: int, context: ssl.SSLContext, required: bool) -> None:
        self.host = host
        self.backend_port = backend_port
        self.context = context
        self.required = required

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(_STARTUP_SECONDS):
                first = await self._negotiate(reader, writer)
            if first:
                await self._forward(first, reader, writer)
        writer.close()

    async def _negotiate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """The first bytes to forward, after encryption was agreed; nothing if the client was refused."""
        encrypted = False
        while True:
            first = await reader.readexactly(8)
            if first == _SSL_REQUEST and not encrypted:
                writer.write(b"S")
                await writer.start_tls(self.context)
                encrypted = True
            elif first == _GSS_REQUEST:
                writer.write(b"N")
            elif self.required and not encrypted:
                writer.write(
                    fatal("28000", "this instance takes encrypted connections only (sslMode ENCRYPTED_ONLY)")
                )
                await writer.drain()
                return b""
            else:
                return first

    async def _forward(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            back_reader, back_writer = await asyncio.open_connection(self.host, self.backend_port)
        except OSError:
            writer.write(fatal("57P03", "the database system is not running"))
            await writer.drain()
            return
        back_writer.write(first)
        await asyncio.gather(_pump(reader, back_writer), _pump(back_reader, writer))


async def _main(host: str, port: int, backend_port: int, certificate: str, key: str, mode: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    proxy = Proxy(host, backend_port, context, mode == "required")
    server = await asyncio.start_server(proxy.serve, host, port, backlog=128)
    async with server:
        await server.serve_forever()


def run(argv: list[str]) -> None:
    host, port, backend_port, certificate, key, mode = argv
    with contextlib.suppress(KeyboardInterrupt):
        with contextlib.suppress(ImportError):
            import uvloop

            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        asyncio.run(_main(host, int(port), int(backend_port), certificate, key, mode))


if __name__ == "__main__":
    run(sys.argv[1:])
