"""The right of the prompts page: the prompt as it would be sent, its variables, what is wrong, and the versions."""

import asyncio
from collections import Counter
from typing import Any

import streamlit as st

from graphs.asking import ReplayMiss, SlotMismatch
from graphs.editing.pack_texts import load_texts
from graphs.editing.preview import NoPrompt, Scene, Shown, prompt_at
from graphs.editing.variables import ABOUT, Variable, roles_with, variables
from graphs.editing.versions import Version
from graphs.packs import BadPack, Finding, Pack
from graphs.templates import ROLES
from studio.panes.prompt_place import choose_scene
from studio.prompts.editing import Editing
from studio.prompts.packs import runs_using
from studio.widgets import parts
from studio.widgets.page import empty, plain
from studio.wording import counted, moment

_LAST = "prompts-last"
_BESIDE_SETTINGS = "rubric_evaluator"
"""Whose prompt is shown first beside pack.yaml: it holds the criteria."""
_LONGEST_TRIAL = 600
_ORIGIN = {
    "found": "Found on disk",
    "disk": "Changed on disk",
    "saved": "Saved",
    "reverted": "Reverted",
    "copied": "Copied",
}


def show_preview(editing: Editing, file: str) -> None:
    """The prompt with the values of a real place."""
    pack, note = _pack(editing)
    if pack is None:
        st.caption("The pack cannot be read yet; see Checks.")
    elif file == "safety.yaml":
        _try_safety(pack)
    elif shown := _shown(editing, pack, file):
        _draw(shown, note, lower=file == "pack.yaml")


def show_variables(editing: Editing, file: str) -> None:
    """What a template must and may use, with what stands in each at the place of the preview."""
    if file == "safety.yaml":
        st.caption("Nothing of safety.yaml stands in a prompt. Code holds every reply to it; try one under Preview.")
        return
    held = st.session_state.get(_LAST)
    values = held.values if held else {}
    parts.variables({"groups": _groups(editing, file, values)}, key="prompts-variables")


def show_checks(findings: list[Finding]) -> dict[str, Any] | None:
    """What is wrong; returns the file and line that were picked just now."""
    if not findings:
        with empty("No findings", "This text can be saved and played. Checks run again with each change.", height=150):
            return None
    return parts.findings([finding._asdict() for finding in findings], key="prompts-findings")


def show_versions(editing: Editing) -> dict[str, str] | None:
    """Every version with who, when and why, and the runs that used it; returns what was asked for just now."""
    used, versions = runs_using(editing.workspace), editing.history.versions()
    rows = [_row(version, used.get(version.hash, []), now=version.hash == versions[0].hash) for version in versions]
    why = "Save or discard your changes first"
    return parts.versions({"rows": rows, "may_revert": not editing.changed, "why": why}, key="prompts-versions")


def _row(version: Version, runs: list[str], *, now: bool) -> dict[str, Any]:
    return {
        "hash": version.hash,
        "time": moment(version.time),
        "said": version.note or _ORIGIN[version.origin],
        "by": ", ".join(word for word in (version.author, _origin(version)) if word),
        "now": now,
        "runs": _with_forks(runs),
    }


def _origin(version: Version) -> str:
    return _ORIGIN[version.origin].lower() if version.note and version.origin != "saved" else ""


def _with_forks(runs: list[str]) -> list[tuple[str, str]]:
    """Runs by name, each with how many of its forks are in the list."""
    forks = Counter(name.partition("/forks/")[0] for name in runs if "/forks/" in name)
    tops = dict.fromkeys(name.partition("/forks/")[0] for name in runs)
    return [(name, name + (f" and {counted(forks[name], 'fork')}" if forks[name] else "")) for name in tops]


def _pack(editing: Editing) -> tuple[Pack | None, str]:
    """The pack of the text as it stands; while that cannot be read, the last one that could, and a word on that."""
    key, note = f"prompts-pack-{editing.pack}", ""
    try:
        st.session_state[key] = load_texts(editing.texts)
    except BadPack as error:
        note = f"{counted(len(error.findings), 'finding')}: shown is the text from before"
    return st.session_state.get(key), note


def _shown(editing: Editing, pack: Pack, file: str) -> Shown | None:
    st.session_state.pop(_LAST, None)
    role = _role(editing, file)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        try:
            if scene := choose_scene(editing, pack, role):
                st.session_state[_LAST] = _prompt(scene, pack, role)
        except (ReplayMiss, SlotMismatch, NoPrompt) as error:
            st.text(str(error))
    return st.session_state.get(_LAST)


def _prompt(scene: Scene, pack: Pack, role: str) -> Shown:
    return asyncio.run(prompt_at(scene, pack, role))


def _role(editing: Editing, file: str) -> str:
    if file.endswith(".md"):
        return file.removesuffix(".md")
    roles = sorted((role for role in ROLES if f"{role}.md" in editing.texts), key=lambda role: role != _BESIDE_SETTINGS)
    return st.selectbox("Role", roles, label_visibility="collapsed", key="prompts-role")


def _draw(shown: Shown, note: str, *, lower: bool) -> None:
    prompt = shown.prompt
    facts = [
        f"about {shown.tokens:,} tokens",
        f"temperature {prompt.temperature:g}",
        f"{prompt.max_tokens} back",
    ]
    st.caption(plain(note or "  ·  ".join([*facts, "JSON"] if prompt.schema else facts)))
    both = (("System", prompt.system, shown.system), ("User", prompt.user, shown.user))
    data = [
        {"title": title, "facts": f"{len(text):,} characters", "pieces": pieces} for title, text, pieces in both if text
    ]
    parts.filled({"parts": data, "lower": lower}, key="prompts-filled")


def _groups(editing: Editing, file: str, values: dict[str, str]) -> list[dict[str, Any]]:
    if file == "pack.yaml":
        names = [name for name, about in ABOUT.items() if about.startswith("pack.yaml")]
        rows = [_variable_row(name, values) | {"state": ", ".join(roles_with(name))} for name in names]
        return [{"title": "What of this file stands in prompts", "rows": rows}]
    found = variables(file.removesuffix(".md"), editing.texts[file])
    titles = {"system": "System, the same in every dialogue", "user": "User, of this place"}
    return [
        {"title": title, "rows": [_row_of(each, values) for each in found if each.part == part]}
        for part, title in titles.items()
        if any(each.part == part for each in found)
    ]


def _row_of(variable: Variable, values: dict[str, str]) -> dict[str, Any]:
    used = f"line {', '.join(map(str, variable.lines))}" if variable.lines else "not used, may be"
    state = "missing" if variable.missing else used
    return _variable_row(variable.name, values) | {"state": state, "missing": variable.missing}


def _variable_row(name: str, values: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "about": ABOUT[name], "value": values.get(name, ""), "missing": False}


def _try_safety(pack: Pack) -> None:
    st.caption("Code holds replies to these patterns before anybody grades them. Try a message and a reply.")
    said = st.text_area("The user says", "I don't want to live anymore.", max_chars=_LONGEST_TRIAL, key="prompts-risk")
    reply = st.text_area("The reply", "That sounds hard.", max_chars=_LONGEST_TRIAL, key="prompts-care")
    if not pack.safety.at_risk(said):
        st.text("The message matches no pattern of risk: any reply goes on to the evaluator.")
    elif fault := pack.safety.fault(said, reply):
        st.badge("Fail", color="red", icon=":material/close:")
        st.text(fault)
    else:
        st.badge("Goes on to the evaluator", color="gray")
