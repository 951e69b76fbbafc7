"""The door to an Argilla: its REST API under /api/v1, one retry layer, errors that say what to do."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

TIMEOUT_S = 60
_TRIES = 5
_REPEATABLE = {"GET", "PUT", "PATCH", "DELETE"}
"""What may be sent twice: a PUT of records is by their external ids. A POST is repeated only if it never arrived."""
_PASSING = {429, 500, 502, 503, 504}


class ArgillaError(ValueError):
    """An Argilla refused or cannot be reached; says what, where and what to do."""

    status: int | None = None


class _Passing(Exception):
    """A failure that may pass."""

    def __init__(self, error: ArgillaError):
        super().__init__(str(error))
        self.error = error


class Door:
    """Requests to one Argilla under one API key."""

    def __init__(self, url: str, api_key: str):
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ArgillaError(f"{url}: not the address of an Argilla; write it like http://127.0.0.1:6900")
        if not api_key:
            raise ArgillaError(f"{url}: no API key; set ARGILLA_API_KEY")
        self.url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"X-Argilla-Api-Key": api_key},
            timeout=TIMEOUT_S,
            trust_env=not _is_local(parts.hostname),  # no proxy stands between this machine and itself
        )

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request and give back what the answer's JSON holds.

        Raises:
            ArgillaError: it was refused, or failed for good.
        """
        waits = wait_random_exponential(multiplier=0.2, max=10)
        passing = retry_if_exception_type(_Passing)
        try:
            return Retrying(stop=stop_after_attempt(_TRIES), wait=waits, retry=passing, reraise=True)(
                self._once, method, path, body, query
            )
        except _Passing as failure:
            raise failure.error from failure.__cause__

    def _once(self, method: str, path: str, body: Any, query: dict[str, Any]) -> Any:
        try:
            answer = self._client.request(method, path, json=body, params=query)
        except httpx.TransportError as error:
            gone = ArgillaError(f"{self.url}: {type(error).__name__}: {error}; is Argilla running there?")
            if method in _REPEATABLE or isinstance(error, httpx.ConnectError):
                raise _Passing(gone) from error
            raise gone from error
        if answer.is_success:
            return _content(answer, self.url)
        refused = _refusal(answer, f"{self.url}{path}")
        raise _Passing(refused) if answer.status_code in _PASSING and method in _REPEATABLE else refused


def _content(answer: httpx.Response, url: str) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError as error:
        raise ArgillaError(f"{url}: answers, but not as an Argilla; check the address") from error


def _refusal(answer: httpx.Response, where: str) -> ArgillaError:
    advice = {
        401: "the API key is not accepted; set ARGILLA_API_KEY",
        403: "the API key's user may not do this; use an owner's",
    }
    error = ArgillaError(f"{where}: {answer.status_code}: {advice.get(answer.status_code) or _detail(answer)}")
    error.status = answer.status_code
    return error


def _detail(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return answer.text[:300]
    return str(told.get("detail") or told.get("message") or told)[:600] if isinstance(told, dict) else str(told)[:600]


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
