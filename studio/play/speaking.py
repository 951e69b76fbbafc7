"""Talk as the user: words from a file that grows, or a chat at the terminal."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import NamedTuple

from graphs.course import Course, follow
from graphs.person import Person, Terminal, WordsFile
from graphs.runs import Run, RunConfig, WrongUse
from graphs.schema import Pairing, Turn
from graphs.watching.progress import Progress
from studio.console import plainly, talk
from studio.progress_line import progress_line

TERMINAL = "-"


class Speaking(NamedTuple):
    """Who says the user's part, if a person does, and whom the session tells where it stands."""

    person: Person | None
    tell: Callable[[Progress], None]


def spoken(config: RunConfig, user_words: str | None, workers: int = 1) -> RunConfig:
    """A run's config, with the mark of a person's words where one speaks.

    Raises:
        WrongUse: a person speaks in one dialogue and one process only.
    """
    if user_words is None:
        return config
    if config.pairings != 1 or workers != 1:
        raise WrongUse(
            f"--user-words: a person speaks in one dialogue, not in {config.pairings}; give a file with one pairing, "
            "and leave --workers away"
        )
    return config.model_copy(update={"person_spoke": True})


@contextmanager
def speaking(run: Run, user_words: str | None, wait_min: float) -> Generator[Speaking]:
    """Listen to whoever speaks as the user for as long as a session lasts; at the terminal, show what is answered.

    Args:
        user_words: a file, `-` for the terminal, or None where the user simulator speaks.
    """
    if user_words != TERMINAL:
        person = Person(WordsFile(Path(user_words)), wait_min * 60) if user_words else None
        with progress_line() as tell:
            yield Speaking(person, tell)
        return
    chat = Chat(run, talk)
    yield Speaking(Person(Terminal(talk), wait_min * 60, chat.show), lambda _: None)
    asyncio.run(chat.show())


class Chat:
    """The dialogue as it grows, for somebody who speaks in it."""

    def __init__(self, run: Run, say: Callable[[str], None]):
        self._run = run
        self._pairing = next(run.pairings())
        self._say = lambda text: say(plainly(text))
        self._shown: int | None = None

    async def show(self, turn: int = 0) -> None:
        """Say what was answered since the last time; at first who one is and everything that was said before."""
        course = await asyncio.get_running_loop().create_task(self._course(), context=Context())
        if self._shown is None:
            self._say(_opening(self._pairing))
        for one in course.turns[self._shown or 0 :]:
            if self._shown is None:
                self._say(f"\nuser: {one.utterance}")
            self._say(_answered(one))
        self._shown = len(course.turns)
        if turn:
            self._say(f"\n[{turn}] you:")

    async def _course(self) -> Course:
        """The course so far, in a context of its own: the graph that waits for these words must not take it for a part."""
        journal = self._run.journal(readonly=True)
        try:
            return await follow(self._run, journal, self._pairing)
        finally:
            journal.close()


def _opening(pairing: Pairing) -> str:
    persona, situation = pairing.persona, pairing.situation
    who = ", ".join(filter(None, (persona.mbti, persona.gender, persona.occupation)))
    return (
        f"You speak as {persona.id}{f' ({who})' if who else ''}. {persona.about}\n"
        f"What happened ({situation.emotion}): {situation.text}\n"
        "A line is a turn. Ctrl-D leaves; the same command goes on from there."
    )


def _answered(turn: Turn) -> str:
    attempts = f", {len(turn.attempts)} attempts" if len(turn.attempts) > 1 else ""
    return f"helper ({turn.decision.value}{attempts}): {turn.response}"
