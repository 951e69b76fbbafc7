"""The placeholders of a template: what it must and may use, and where it does."""

import pytest

from graphs.editing.variables import ABOUT, roles_with, variables
from graphs.packs import PACKS
from graphs.templates import ROLES, SYSTEM_VALUES, USER_VALUES

TEXT = "---\n---\nHello\n{labels}\n=== user ===\n{persona}\nand\n {persona}\n{dialogue}\n{draft}\n"


def test_each_placeholder_is_found_in_its_part_with_its_lines():
    found = {(each.part, each.name): each for each in variables("responder", TEXT)}
    assert found["system", "labels"].lines == (4,)
    assert found["user", "persona"].lines == (6, 8)
    assert found["user", "critique"].missing
    assert not found["user", "situation"].missing
    assert not found["user", "situation"].lines


@pytest.mark.parametrize("role", ROLES)
def test_every_value_of_every_role_is_explained_and_none_is_missing_in_the_shipped_pack(role: str):
    found = variables(role, (PACKS / "kardia" / f"{role}.md").read_text(encoding="utf-8"))
    assert {each.name for each in found} == set().union(*SYSTEM_VALUES[role], *USER_VALUES[role])
    assert all(ABOUT[each.name] for each in found)
    assert not [each.name for each in found if each.missing]


def test_roles_are_named_by_the_values_they_may_hold():
    assert roles_with("events") == ["user_simulator"]
    assert {"responder", "policy"} <= set(roles_with("labels"))
