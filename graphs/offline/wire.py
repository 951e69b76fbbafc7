"""HTTP/1.1 for the embedded server: requests read whole from a keep-alive connection, answered one at a time in order."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from graphs.offline.faults import Faults, Reply, error

MAX_BODY = 32 * 1024 * 1024
MAX_HEAD = 64 * 1024
DRIP_BYTES = 8
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 413: "Payload Too Large",
            429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


class Request(NamedTuple):
    """One HTTP request, read whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One keep-alive connection.

    Args:
        handle: answers a request.
        latency_s: how long every answer waits before it is sent.
        faults: how long hangs last and drips pause.
    """

    def __init__(self, handle: Callable[[Request], Reply], latency_s: float, faults: Faults):
        self._handle = handle
        self._latency_s = latency_s
        self._faults = faults
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def _next(self) -> None:
        """Answer the next request if one is whole and none is under way."""
        while not self._busy and self._transport:
            read = _read_request(self._buffer)
            if read is None:
                return
            if isinstance(read, Reply):
                self._write(read, close=True)
                return
            self._busy = True
            self._answer(read)

    def _answer(self, request: Request) -> None:
        reply = self._handle(request)
        close = request.headers.get("connection", "").lower() == "close"
        loop = asyncio.get_running_loop()
        if reply.manner == "hang":
            loop.call_later(self._faults.hang_s, self._end)
        elif self._latency_s:
            loop.call_later(self._latency_s, self._send, reply, close)
        else:
            self._send(reply, close)

    def _send(self, reply: Reply, close: bool) -> None:
        if not self._transport:
            return
        if reply.manner == "reset":
            self._transport.abort()
        elif reply.manner == "short_body":
            self._transport.write(_head(reply) + reply.body[: len(reply.body) // 2])
            self._transport.close()
        elif reply.manner == "drip":
            self._transport.write(_head(reply))
            self._drip(reply.body)
        else:
            self._write(reply, close)
            self._busy = False
            if self._buffer and not close:
                asyncio.get_running_loop().call_soon(self._next)

    def _drip(self, rest: bytes) -> None:
        if not self._transport:
            return
        self._transport.write(rest[:DRIP_BYTES])
        loop = asyncio.get_running_loop()
        if len(rest) > DRIP_BYTES:
            loop.call_later(self._faults.drip_s, self._drip, rest[DRIP_BYTES:])
        else:
            loop.call_later(self._faults.drip_s, self._end)

    def _write(self, reply: Reply, close: bool) -> None:
        if self._transport:
            self._transport.write(_head(reply, close) + reply.body)
            if close:
                self._transport.close()

    def _end(self) -> None:
        if self._transport:
            self._transport.close()


def _head(reply: Reply, close: bool = False) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Status')}",
        f"content-type: {reply.content_type}",
        f"content-length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
        f"connection: {'close' if close else 'keep-alive'}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _read_request(buffer: bytearray) -> Request | Reply | None:
    """Take one whole request out of the buffer; None while it is not whole, a reply if it cannot be read."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return error(400, "the head is too long") if len(buffer) > MAX_HEAD else None
    first, *lines = buffer[:end].decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    if headers.get("transfer-encoding") or not length.isdigit():
        return error(400, "send the body with a content-length")
    if int(length) > MAX_BODY:
        return error(413, f"the body is over {MAX_BODY} bytes")
    whole = end + 4 + int(length)
    if len(buffer) < whole:
        return None
    body = bytes(buffer[end + 4 : whole])
    del buffer[:whole]
    return Request(method, rest.partition(" ")[0], headers, body)


__all__ = ["Connection", "Request"]
