"""What can go wrong in a call, sorted by what to do about it.

CallError
├── Transient     try the same request again: no connection, deadline, 408/409/425/429/5xx, malformed 200
├── Unusable      an answer came and was paid for, but cannot stand: empty, refused, filtered, cut, off format
├── CallRefused   this request will never be answered: 400, 413, 422
│   └── Unsupported   it would be without one parameter
└── RunRefused    no request will be: key, quota, unknown model, wrong address
RunStopped        the run ends cleanly and can be resumed
├── BudgetReached
├── EndpointGone
└── DiskFull
"""

from typing import NamedTuple


class Answer(NamedTuple):
    """What a model said, and what it took."""

    text: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    cost_usd: float | None = None
    latency_s: float = 0.0


class CallError(Exception):
    """A call that gave no answer to use; `kind` is a short class, `reason` says it to a person."""

    def __init__(self, kind: str, reason: str):
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class Transient(CallError):
    """Worth another try; `wait_s` is what the endpoint asked for, `pushed_back` that it wants fewer calls."""

    def __init__(self, kind: str, reason: str, wait_s: float | None = None, pushed_back: bool = False):
        super().__init__(kind, reason)
        self.wait_s = wait_s
        self.pushed_back = pushed_back


class Unusable(CallError):
    """An answer that cannot stand as what was asked; it is kept and counted, and drawn again."""

    def __init__(self, kind: str, reason: str, answer: Answer):
        super().__init__(kind, reason)
        self.answer = answer


class CallRefused(CallError):
    """The endpoint will never answer this request."""


class Unsupported(CallRefused):
    """The endpoint does not know `parameter`; without it the request may stand."""

    def __init__(self, parameter: str, reason: str):
        super().__init__("unsupported", reason)
        self.parameter = parameter


class RunRefused(CallError):
    """The endpoint will answer no request of this run until a setting changes."""


class RunStopped(Exception):
    """The run ended early and cleanly; the same command resumes it."""


class BudgetReached(RunStopped):
    """The money given with --budget-usd is spent."""


class EndpointGone(RunStopped):
    """Call after call could not be delivered."""


class DiskFull(RunStopped):
    """Nothing more can be written."""


class FileBusy(RunStopped):
    """Another process keeps a file longer than we wait."""
