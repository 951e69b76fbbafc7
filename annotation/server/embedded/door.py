"""What stands before Argilla's pages: only this machine is answered, and no text of a record can run or call out."""
# pyright: reportMissingImports=false

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import argilla_server
from starlette.middleware.trustedhost import TrustedHostMiddleware

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

_PAGE = Path(str(argilla_server.__file__)).parent / "static" / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def guarded(app: App) -> App:
    """An app that answers to this machine's names only, with headers that fence its pages in."""
    return TrustedHostMiddleware(_fenced(app, _headers()), allowed_hosts=["127.0.0.1", "localhost"])


def _fenced(app: App, headers: list[tuple[bytes, bytes]]) -> App:
    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        async def send_fenced(message: Scope) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await app(scope, receive, send_fenced)

    return answer


def _headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-security-policy", _policy().encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ]


def _policy() -> str:
    """Scripts only from the server's own files and its page's own inline ones, by hash; nothing from elsewhere."""
    inline = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE.findall(_PAGE.read_text(encoding="utf-8")))
    return (
        f"default-src 'self'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    )


def _digest(script: str) -> str:
    served = script.replace("@@baseUrl@@", "")
    return base64.b64encode(hashlib.sha256(served.encode()).digest()).decode()
