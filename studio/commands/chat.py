"""`kardia chat`: talk with a trained policy."""

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.console import Exit, leave, plainly, talk

if TYPE_CHECKING:
    from graphs.policy_context import PolicySees
    from graphs.schema import Pairing
    from studio.chatting import Chat, Voice

_NOTICE = "You talk with a model, not with a person and not with a therapist. A line is a message; Ctrl-D leaves."
_FURTHER_LINE = "\n        "
"""Under "helper: ": no line of a reply stands where the names of the speakers do."""


def chat(
    model: Annotated[
        str,
        typer.Option(metavar="DIR|NAME", help="A run, checkpoint or merged model; with --base-url its served name."),
    ],
    base_url: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible address, such as http://127.0.0.1:8000/v1.")
    ] = None,
    person: Annotated[str, typer.Option(help="Who the user is, in words.")] = "",
    situation: Annotated[str, typer.Option(help="What happened, in words.")] = "",
    pairings: Annotated[Path | None, typer.Option(help="Take person and situation from a file of pairings.")] = None,
    pairing: Annotated[str | None, typer.Option(metavar="ID", help="Which one; the first if not given.")] = None,
    pack: Annotated[
        str | None, typer.Option(help="The pack whose policy prompt is used; the one trained with if not given.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="The pack's (0) if not given.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Of one reply; the pack's if not given.")] = None,
    spans: Annotated[bool, typer.Option("--spans", help="Show all four spans, not the response alone.")] = False,
) -> None:
    """Talk with a trained policy; the reply is shown as it arrives."""
    from graphs.packs import load_pack
    from graphs.prompts import PromptWriter, person_string
    from studio.chatting import Chat

    if pairings:
        if person or situation:
            raise ValueError("--pairings: gives person and situation; leave --person and --situation away")
        found = _pairing(pairings, pairing)
        person, situation = person_string(found.persona), found.situation.text
    taught, sees = _taught(Path(model), pack) if base_url is None else (None, None)
    loaded = load_pack(pack or taught or "kardia")
    template = loaded.templates["policy"]
    voice = _voice(
        model,
        base_url,
        template.temperature if temperature is None else temperature,
        template.max_tokens if max_tokens is None else max_tokens,
    )
    talk(_NOTICE)
    _talk(Chat(PromptWriter(loaded), person, situation, sees or _usual(), voice), spans=spans)


def _talk(chat: "Chat", *, spans: bool) -> None:
    from graphs.llm.errors import Transient
    from graphs.schema import printable
    from graphs.spans import FORMAT_CONSTRAINTS
    from studio.chatting import ReplyStream

    unanswered = False
    while (line := _line()) is not None:
        if not (line := printable(line).strip()):
            continue
        sys.stdout.write("helper: ")
        try:
            shown = chat.say(line, ReplyStream(all_spans=spans), _show)
        except Transient as error:
            sys.stdout.write("\n")
            talk(f"no answer ({plainly(str(error))}); say it again")
            unanswered = True
            continue
        unanswered = False
        sys.stdout.write("\n")
        sys.stdout.flush()
        if shown.violations:
            talk(f"({len(shown.violations)} of {FORMAT_CONSTRAINTS} format constraints broken; {shown.violations[0]})")
    if unanswered:
        leave(Exit.STOPPED)


def _line() -> str | None:
    """What the person says next; None when they leave."""
    if sys.stdin.isatty():
        sys.stderr.write("you:    ")
        sys.stderr.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _show(piece: str) -> None:
    sys.stdout.write(plainly(piece).replace("\n", _FURTHER_LINE))
    sys.stdout.flush()


def _voice(model: str, base_url: str | None, temperature: float, max_tokens: int) -> "Voice":
    if base_url is not None:
        from studio.served_policy import ServedPolicy

        return ServedPolicy(base_url, model, temperature, max_tokens).answer
    from train.running.trained_model import trained_model
    from train.serving.local_policy import LocalPolicy

    return LocalPolicy(trained_model(Path(model)), temperature=temperature, max_tokens=max_tokens).answer


def _taught(folder: Path, given: str | None) -> "tuple[str | None, PolicySees | None]":
    """The pack and the context that a model was trained with, as its manifest says; None where it does not."""
    from graphs.packs import pack_folder
    from graphs.policy_context import PolicySees
    from train.running.manifest import read_manifest
    from train.running.run_folder import MANIFEST
    from train.running.trained_model import trained_model

    place = trained_model(folder).folder
    if not (place / MANIFEST).is_file():
        return None, None
    manifest = read_manifest(place)
    sees = manifest.data.get("sees")
    pack = given or manifest.prompts.get("pack")
    template = pack_folder(pack) / "policy.md" if pack else None
    if template and not template.is_file():
        talk(f"the pack {pack}, which this model was trained with, is not here; name one with --pack")
        pack = template = None
    told = manifest.prompts.get("policy_template_sha256")
    if template and told not in (None, hashlib.sha256(template.read_bytes()).hexdigest()):
        talk(f"{template}: changed since this model was trained; it is asked otherwise than it was taught")
    return pack, PolicySees.model_validate(sees) if sees else None


def _usual() -> "PolicySees":
    from graphs.policy_context import PolicySees

    return PolicySees()


def _pairing(path: Path, wanted: str | None) -> "Pairing":
    from graphs.records import read_rows
    from graphs.schema import Pairing

    for row in read_rows(path, Pairing):
        if wanted is None or row.id == wanted:
            return row
    raise ValueError(f"{path}: no pairing {wanted!r} in it; name another --pairing" if wanted else f"{path}: empty")
