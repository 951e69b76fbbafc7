"""When an answer was given: one way of writing it, so that moments from servers and files can be put in order."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

_AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


def utc_text(text: str) -> str:
    """A moment in ISO 8601 as UTC to the second; one without a zone is taken as UTC, an empty text stays empty.

    Raises:
        ValueError: the text is no moment, or one that is still to come.
    """
    if not text:
        return text
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no moment; write it as 2026-01-31T17:05:00+00:00, or leave it out") from error
    if moment > datetime.now(UTC) + _AHEAD:
        raise ValueError(f"{text!r} is still to come; correct it, or leave it out")
    return moment.isoformat(timespec="seconds")


Moment = Annotated[str, AfterValidator(utc_text)]
