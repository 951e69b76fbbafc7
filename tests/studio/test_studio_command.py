"""`kardia studio`: serves this machine alone, answers to its own name alone, and says what it cannot do."""

import base64
import http.client
import os
from pathlib import Path

import pytest

from tests.graphs.runs import kardia
from tests.studio.served import Studio

LISTENS = "0A"


def ask(studio: Studio, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = b"" if answer.status == 101 else answer.read()
    connection.close()
    return answer.status, body


def knock(studio: Studio, **headers: str) -> int:
    """The status of an attempt to open the page's WebSocket."""
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }  # fmt: skip
    return ask(studio, "/_stcore/stream", **upgrade, **headers)[0]


def listening(pid: int) -> set[str]:
    """The addresses, as the kernel writes them, on which a process listens."""
    held = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            (
                _,
                local,
                _,
                state,
                *_,
            ) = line.split()
            if state == LISTENS and f"socket:[{line.split()[9]}]" in held:
                found.add(local)
    return found


def test_it_listens_on_the_loopback_address_alone(studio: Studio):
    assert listening(studio.pid) == {f"0100007F:{studio.port:04X}"}


def test_another_host_name_opens_no_page(studio: Studio):
    """Streamlit hands its empty shell to any name; all that is ours goes through the connection, which it refuses."""
    own = f"127.0.0.1:{studio.port}"
    assert knock(studio, Host=own) == 101
    assert knock(studio, Host=f"localhost:{studio.port}") == 101
    assert knock(studio, Host=f"studio.attacker.example:{studio.port}") in (400, 403)
    assert knock(studio, Host=f"127.0.0.1.attacker.example:{studio.port}") in (400, 403)


def test_programs_cannot_drive_the_pages(studio: Studio):
    """Streamlit's interface for programs stays off: it would open every page to any local process."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    connection.request("POST", "/_stcore/agent/interact", body="{}", headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status >= 400
    assert b"does not serve the agent API" in answer.read()
    connection.close()


def test_a_page_of_another_site_cannot_open_the_connection(studio: Studio):
    own = f"127.0.0.1:{studio.port}"
    assert knock(studio, Host=own, Origin=f"http://{own}") == 101
    assert knock(studio, Host=own, Origin="http://attacker.example") in (400, 403)
    assert knock(studio, Host="attacker.example", Origin="http://attacker.example") in (400, 403)


@pytest.mark.parametrize(
    "path", ["/app/static/../app.py", "/app/static/%2e%2e/app.py", "/app/static/..%2f..%2fREADME.md"]
)
def test_files_beside_the_static_ones_are_not_served(studio: Studio, path: str):
    status, body = ask(studio, path, Host=f"127.0.0.1:{studio.port}")
    assert status != 200 or not any(ours in body for ours in (b"st.navigation", b"Kardia Studio"))


def test_nothing_the_server_does_leaves_the_machine(studio: Studio):
    ask(studio, "/", Host=f"127.0.0.1:{studio.port}")
    assert "outside of this machine" not in studio.log.read_text()


def test_a_workspace_that_is_not_there_is_named(tmp_path: Path):
    done = kardia("studio", "--workspace", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "--workspace" in done.stderr and "nowhere" in done.stderr


def test_it_says_where_it_is_served_and_for_what(studio: Studio):
    said = studio.log.read_text()
    assert studio.url in said
    assert str(studio.ground.root) in said
