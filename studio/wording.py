"""Numbers and moments as people read them."""

from datetime import datetime, timedelta

NOTHING = "–"


def duration(seconds: float | None) -> str:
    """`2 h 58 min`, `4 min`, `12 s`; a dash for what nobody knows."""
    if seconds is None:
        return NOTHING
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min"
    return f"{hours // 24} d {hours % 24} h"


def money(dollars: float | None) -> str:
    """`$388.02`, `$0.0042`; a dash where no price is known."""
    if dollars is None:
        return NOTHING
    return f"${dollars:,.2f}" if dollars == 0 or dollars >= 0.1 else f"${dollars:.4f}"


def share(part: int | None, whole: int | None) -> str:
    """`86.1 %`; a dash before there is a whole."""
    return NOTHING if part is None or not whole else f"{part / whole:.1%}".replace("%", " %")


def rate(per_minute: float | None) -> str:
    """`41 / min`, `0.8 / min`, `20 / h`; a dash before anything is finished."""
    if not per_minute:
        return NOTHING
    if per_minute < 0.5:
        return f"{per_minute * 60:.0f} / h"
    return f"{per_minute:,.0f} / min" if per_minute >= 10 else f"{per_minute:.1f} / min"


def moment(iso: str, now: datetime | None = None) -> str:
    """A recorded time as this machine's clock has it: `09:12`, `yesterday 09:12`, `12 Nov 09:12`, `12 Nov 2025`."""
    try:
        then = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return NOTHING
    today = (now or datetime.now().astimezone()).date()
    if then.date() == today:
        return f"{then:%H:%M}"
    if then.date() == today - timedelta(days=1):
        return f"yesterday {then:%H:%M}"
    return f"{then.day} {then:%b %H:%M}" if then.year == today.year else f"{then.day} {then:%b %Y}"


def counted(count: int, noun: str) -> str:
    """`1 run`, `12 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(counts: dict[str, int], most: int = 3) -> str:
    """`12 deadline, 5 off format`, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    more = [f"{len(ranked) - most} more"] if len(ranked) > most else []
    return ", ".join([*(f"{count:,} {name}" for name, count in ranked[:most]), *more])
