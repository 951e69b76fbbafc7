"""Where a session stands, on one line of stderr while it goes on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from graphs.llm.prices import cost_text
from graphs.watching.progress import Progress
from studio.console import talk

DIALOGUES = "dialogues"


@contextmanager
def progress_line(of: str = DIALOGUES) -> Generator[Callable[[Progress], None]]:
    """A live line: how many are done, rate, time to go, calls, cost; a plain line at every tenth where there is no terminal.

    Args:
        of: what is counted, in the plural.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_teller(of)
        return
    with Live(Text(""), console=console, refresh_per_second=4, transient=True) as live:
        yield lambda progress: live.update(Text(_line(progress, of)))


def _plain_teller(of: str) -> Callable[[Progress], None]:
    shown = -1

    def tell(progress: Progress) -> None:
        nonlocal shown
        tenth = 10 * (progress.finished + progress.failed) // max(progress.total, 1)
        if tenth > shown:
            shown = tenth
            talk(_line(progress, of))

    return tell


def _line(progress: Progress, of: str) -> str:
    eta = f"{progress.eta_s / 60:.1f} min" if progress.eta_s is not None else "?"
    screened = decisions = ""
    if of == DIALOGUES:
        screened = f"{progress.accepted} pass screening, "
        decisions = "  " + " ".join(f"{name} {count}" for name, count in progress.decisions.items())
    return (
        f"{progress.finished}/{progress.total} {of} ({screened}{progress.failed} failed)  {progress.per_minute:.0f}/min, "
        f"to go {eta}  {progress.calls} calls  {cost_text(progress.paid_usd)}{decisions}"
    )
