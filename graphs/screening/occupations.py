"""Occupations that a person may name, in groups of words for the same work: what is not listed is not compared."""

import re

_SAME_WORK = (
    "nurse rn midwife", "doctor physician surgeon gp paediatrician pediatrician resident", "dentist", "pharmacist",
    "therapist counselor counsellor psychologist psychotherapist", "psychiatrist", "paramedic emt", "vet veterinarian",
    "teacher tutor educator professor lecturer instructor", "librarian", "lawyer attorney solicitor barrister", "judge",
    "paralegal", "developer programmer engineer coder technician", "designer", "architect", "accountant bookkeeper auditor",
    "banker", "broker realtor", "cashier clerk shopkeeper", "barista", "waiter waitress server bartender", "chef cook baker",
    "butcher", "mechanic", "electrician", "plumber", "carpenter joiner", "welder", "roofer builder bricklayer", "painter",
    "driver trucker courier", "pilot", "stewardess steward", "sailor fisherman", "farmer rancher", "gardener landscaper",
    "florist", "hairdresser barber stylist", "tailor seamstress", "cleaner janitor housekeeper", "nanny babysitter",
    "firefighter fireman", "policeman policewoman cop detective", "soldier marine veteran", "guard", "secretary receptionist",
    "journalist reporter editor", "writer author novelist poet blogger", "translator interpreter", "photographer filmmaker",
    "musician singer guitarist drummer pianist composer", "actor actress", "dancer", "artist illustrator sculptor",
    "scientist researcher physicist chemist biologist", "mathematician statistician", "analyst", "consultant", "salesman "
    "saleswoman salesperson", "manager supervisor", "entrepreneur", "priest pastor minister", "coach trainer", "athlete",
    "student undergraduate freshman sophomore postgraduate", "retiree pensioner retired", "unemployed jobless none",
    "homemaker housewife stay-at-home",
)  # fmt: skip
_GROUP_OF = {word: group.split()[0] for group in _SAME_WORK for word in group.split()}
_HOBBIES = frozenset(
    _GROUP_OF[word] for word in ("writer", "photographer", "musician", "dancer", "artist", "athlete", "coach")
)
"""Work that one may also do for love: "I'm a writer" contradicts no job, "I work as a writer" does."""
NO_WORK = frozenset(("retiree", "unemployed", "homemaker"))
_ROLES = frozenset(("manager", "consultant", "analyst", "entrepreneur", "designer", "scientist"))
"""Titles inside many lines of work: a nurse may be a manager."""
_WORD = re.compile(r"[a-z-]+")


def jobs_named(text: str, *, hobbies: bool) -> tuple[str, ...]:
    """Name the groups of work in a phrase, each once; what may be a hobby only when asked for."""
    groups = dict.fromkeys(_GROUP_OF[word] for word in _WORD.findall(text.lower()) if word in _GROUP_OF)
    return tuple(group for group in groups if hobbies or group not in _HOBBIES)


def are_compatible(stated: str, claimed: str) -> bool:
    """Tell whether one person may do both: students have jobs, titles go with any work."""
    if stated in NO_WORK and claimed in NO_WORK:
        return True
    return stated == claimed or bool({stated, claimed} & _ROLES) or "student" in (stated, claimed)
