"""Options as people write them: NAME=VALUE, a value for all roles or for one, a price."""

from graphs.journal import ROLE_ORDER
from graphs.llm.prices import Price
from graphs.runs import WrongUse


def pairs(given: list[str] | None, option: str) -> list[tuple[str, str]]:
    """Split NAME=VALUE options."""
    found = []
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise WrongUse(f"{option} {text!r}: write NAME=VALUE")
        found.append((name.strip(), value.strip()))
    return found


def by_role(given: list[str] | None, option: str) -> tuple[str | None, dict[str, str]]:
    """Split options that hold for all roles (VALUE) or for one (ROLE=VALUE)."""
    whole: str | None = None
    single: dict[str, str] = {}
    for text in given or []:
        role, equals, value = text.partition("=")
        if equals and role in ROLE_ORDER:
            single[role] = value
        elif equals and "://" not in role and "?" not in role and role.isidentifier():
            raise WrongUse(f"{option} {text!r}: unknown role {role!r}; roles: {', '.join(ROLE_ORDER)}")
        elif whole is not None:
            raise WrongUse(f"{option}: given twice for all roles; write ROLE=VALUE for single ones")
        else:
            whole = text
    return whole, single


def parse_price(text: str) -> Price:
    """IN,OUT in US dollars per million tokens."""
    try:
        read, written = (float(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUse(
            f"--price {text!r}: write IN,OUT, for example 0.5,1.5 (US dollars per million tokens)"
        ) from error
    if not (0 <= read < 1e6 and 0 <= written < 1e6):
        raise WrongUse(f"--price {text!r}: prices must not be negative")
    return Price(read, written)


def parse_prices(given: list[str] | None) -> tuple[Price | None, dict[str, Price]]:
    """The price of all models, and those of single roles."""
    whole, single = by_role(given, "--price")
    return parse_price(whole) if whole else None, {role: parse_price(text) for role, text in single.items()}
