"""Argilla's background jobs as tasks of the server itself: no Redis, no worker."""
# pyright: reportMissingImports=false

import asyncio
import functools
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import argilla_server._app as server
from argilla_server.api.handlers.v1 import jobs as handler
from argilla_server.jobs import dataset_jobs, hub_jobs, webhook_jobs
from fastapi import HTTPException

_LOG = logging.getLogger("argilla.jobs")
_JOBS = (
    dataset_jobs.update_dataset_records_status_job,
    hub_jobs.import_dataset_from_hub_job,
    hub_jobs.export_dataset_to_hub_job,
    webhook_jobs.notify_event_job,
)
_KEPT = 1_000
_running: dict[str, "Job"] = {}


class Job:
    """A job as Argilla's handlers look at one."""

    def __init__(self, work: Awaitable[None]):
        self.id = str(uuid.uuid4())
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._note)

    @property
    def has_ended(self) -> bool:
        return self._task.done()

    def get_status(self, refresh: bool = True) -> str:
        if not self.has_ended:
            return "started"
        return "failed" if self._task.cancelled() or self._task.exception() else "finished"

    def _note(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            _LOG.error("a background job failed", exc_info=error)


def run_jobs_here() -> None:
    """Let Argilla hand its jobs to this process' event loop, and ask here how they stand."""
    for job in _JOBS:
        job.delay = functools.partial(_start, job)
    handler._get_job = _job
    server.configure_redis = lambda: None


def _start(job: Callable[..., Awaitable[None]], *arguments: Any, **named: Any) -> Job:
    for ended in [job_id for job_id, earlier in _running.items() if earlier.has_ended][:-_KEPT]:
        del _running[ended]
    started = Job(job(*arguments, **named))
    _running[started.id] = started
    return started


def _job(job_id: str) -> Job:
    if job_id not in _running:
        raise HTTPException(404, f"Job with id `{job_id}` not found")
    return _running[job_id]
