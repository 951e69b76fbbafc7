"""Which process is which: a pid alone does not tell, for the system gives it to another one later."""

import os
import socket
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process, told apart from all others of its machine since it was started."""

    pid: int
    host: str
    born: int | None
    """When it was started, in clock ticks since the machine was; None where the system does not say."""

    @property
    def is_ours(self) -> bool:
        """Whether it lives on this machine, belongs to this user, and is the very one that was meant."""
        if self.host != socket.gethostname() or self.born is None or born(self.pid) != self.born:
            return False
        return _owner(self.pid) == os.getuid()


def this_process() -> Process:
    """The process that asks."""
    return Process(os.getpid(), socket.gethostname(), born(os.getpid()))


def process(pid: int) -> Process:
    """A process of this machine as it is now."""
    return Process(pid, socket.gethostname(), born(pid))


def born(pid: int) -> int | None:
    """When a process was started; None if it is gone, or has ended and only waits to be collected."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _owner(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None
