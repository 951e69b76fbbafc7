"""The guard of the tests themselves: what leaves the machine fails, in this process and in those that it starts."""

import socket
import subprocess
import sys

import pytest

OUTSIDE = "import socket; socket.create_connection(('{}', 80), timeout=1)"


@pytest.mark.parametrize("address", ["beacon.invalid", "192.0.2.1", "2001:db8::1"])
def test_another_address_fails_the_test(address):
    with pytest.raises(AssertionError, match="outside of this machine"):
        socket.create_connection((address, 80), timeout=1)


def test_a_started_python_holds_the_same_guard():
    done = subprocess.run(
        [sys.executable, "-c", OUTSIDE.format("192.0.2.1")], capture_output=True, text=True, check=False
    )
    assert "outside of this machine" in done.stderr


def test_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
