"""The one process: Argilla's own application on our search, our jobs and our door."""
# pyright: reportMissingImports=false

import functools
import socket
from collections.abc import Callable

import argilla_server._app as server
import uvicorn
from argilla_server.api.policies.v1 import RecordPolicy
from argilla_server.models import database as tables

from . import search
from .door import guarded
from .jobs import run_jobs_here
from .refusals import Refused

_ENDS_WITHIN_S = 5


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]):
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until a signal comes; requests under way get five seconds.

    Raises:
        Refused: it did not start.
    """
    assert server.settings.search_engine == search.NAME
    run_jobs_here()
    tables.TypeAdapter = functools.cache(tables.TypeAdapter)  # made anew for every question of every record otherwise
    RecordPolicy.get = (
        RecordPolicy.update
    )  # one record alone is given with everybody's answers; its page asks otherwise
    config = uvicorn.Config(
        guarded(server.app), log_level="warning", access_log=False, timeout_graceful_shutdown=_ENDS_WITHIN_S
    )
    running = _Server(config, ready)
    running.run(sockets=[listening])
    if not running.started:
        raise Refused("the Argilla server did not start; why stands above")
