"""Refuse every address but this machine's own; a Python that finds this folder on its path loads it by itself."""

import ipaddress
import sys

_LOCAL = {"localhost", "", "0.0.0.0", "::"}
_CALLS = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
"""What is watched, and where the address stands among its arguments."""


class OutsideAddress(AssertionError):
    """Something wanted to leave the machine."""


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    place = _CALLS.get(event)
    if place is None:
        return
    address = arguments[place]
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(address, tuple) or event.startswith("socket.get"):
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if not _is_local(name):
            raise OutsideAddress(f"{event}: {name} is outside of this machine; tests reach 127.0.0.1 alone")


def _is_local(host: str) -> bool:
    try:
        return host in _LOCAL or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse)
