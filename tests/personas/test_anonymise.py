"""A pseudonym needs the key, the key stays private, and the same key gives the same pseudonym."""

from pathlib import Path

import pytest

from personas.anonymise import KEY_FILE, KEY_VARIABLE, BadKey, fingerprint, pseudonym, pseudonym_key

KEY = b"a key for the tests alone"


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_same_user_has_the_same_pseudonym_under_the_same_key() -> None:
    assert pseudonym("quiet_owl", KEY) == pseudonym(" quiet_owl ", KEY)
    assert len({pseudonym("quiet_owl", KEY), pseudonym("Quiet_owl", KEY), pseudonym("quiet_owl", KEY + b"x")}) == 3


def test_pseudonym_has_the_shape_of_an_id() -> None:
    name = pseudonym("quiet_owl", KEY)
    assert name.startswith("user_")
    assert int(name.removeprefix("user_"), 16) < 16**12


def test_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = pseudonym_key(tmp_path)
    path = tmp_path / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert pseudonym_key(tmp_path) == key
    assert len(key) == 64
    assert sorted(found.name for found in path.parent.iterdir()) == [".gitignore", "pseudonym.key"]


def test_key_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY.decode())
    assert pseudonym_key(tmp_path) == KEY
    assert not (tmp_path / KEY_FILE).exists()


def test_short_key_is_refused_without_showing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "tooshort")
    with pytest.raises(BadKey) as fault:
        pseudonym_key(tmp_path)
    assert "tooshort" not in str(fault.value)


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    pseudonym_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(BadKey, match="chmod 600"):
        pseudonym_key(tmp_path)


def test_fingerprint_tells_keys_apart_and_is_no_part_of_a_pseudonym() -> None:
    assert fingerprint(KEY) != fingerprint(KEY + b"x")
    assert fingerprint(KEY) not in pseudonym("quiet_owl", KEY)
