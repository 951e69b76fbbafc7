"""`kardia packs`: check what a designer edits, and keep, compare and bring back its versions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="PACK", help="A pack's name in prompts/, or its folder.")]
In = Annotated[Path, typer.Option("--workspace", help="The directory you work in; versions lie in its .kardia/.")]
Author = Annotated[str, typer.Option(help="Who made this version.")]
Note = Annotated[str, typer.Option(help="What it is for.")]


@app.command("check")
def check(
    pack: Annotated[str, typer.Argument(help="A pack's name in prompts/, or its folder.")] = "kardia",
    as_json: Json = False,
) -> None:
    """Name everything that is wrong with a pack, with file and line."""
    from graphs.packs import check_pack, pack_digest, pack_folder

    folder = pack_folder(pack)
    findings = check_pack(folder)
    data = {"pack": str(folder), "findings": [finding._asdict() for finding in findings]}
    if not findings:
        data["hash"] = pack_digest(folder)
    give(
        data, as_json, lambda: "\n".join(map(str, findings)) or f"{folder}: no findings, hash {str(data['hash'])[:12]}"
    )
    if findings:
        leave(Exit.FINDINGS)


@app.command("list")
def list_packs(workspace: In = Path(), as_json: Json = False) -> None:
    """List the packs in prompts/, and the workspace's own."""
    from graphs.packs import BadPack, load_pack
    from studio.workspace import Workspace

    data: dict[str, dict[str, Any]] = {}
    for name, folder in Workspace(workspace.resolve()).packs().items():
        try:
            s = load_pack(str(folder.resolve())).settings
        except BadPack as error:
            data[name] = {"title": "cannot be played", "findings": len(error.findings)}
            continue
        limits = {"T": s.limits.turns, "K": s.limits.attempts}
        data[name] = {"title": s.title, "labels": len(s.labels), "criteria": list(s.criteria), **limits}
    give(data, as_json, lambda: "\n".join(f"{name}: {about['title']}" for name, about in data.items()))


@app.command("versions")
def versions(pack: Named, workspace: In = Path(), as_json: Json = False) -> None:
    """List a pack's versions, the newest first, with the runs that used each; what was changed by hand is recorded."""
    from studio.prompts.packs import history, runs_using
    from studio.workspace import Workspace

    here = Workspace(workspace.resolve())
    kept = history(here, pack)
    kept.look()
    used = runs_using(here)
    rows = [{**version.model_dump(), "runs": used.get(version.hash, [])} for version in kept.versions()]
    give({"pack": str(kept.folder), "versions": rows}, as_json, lambda: "\n".join(map(_line, rows)))


@app.command("diff")
def diff(
    pack: Named,
    a: Annotated[str, typer.Argument(metavar="A", help="Hash of a version; the one before the newest.")] = "",
    b: Annotated[str, typer.Argument(metavar="B", help="Hash of another; the newest, as it lies in the folder.")] = "",
    workspace: In = Path(),
    as_json: Json = False,
) -> None:
    """Show what differs between two versions of a pack, file by file."""
    from graphs.editing.file_diff import files_that_differ, unified
    from studio.prompts.packs import history
    from studio.workspace import Workspace

    kept = history(Workspace(workspace.resolve()), pack)
    newest = kept.look()
    after = kept.version(b) if b else newest
    before = kept.version(a or newest.parent or newest.hash)
    texts = kept.texts(before), kept.texts(after)
    lines = list(unified(*texts, (before.hash[:8], after.hash[:8])))
    data = {"a": before.hash, "b": after.hash, "files": files_that_differ(*texts), "diff": lines}
    give(data, as_json, lambda: "\n".join(lines) or f"{before.hash[:8]} and {after.hash[:8]} are the same")


@app.command("save")
def save(pack: Named, note: Note = "", author: Author = "", workspace: In = Path(), as_json: Json = False) -> None:
    """Record a pack's folder as it stands, as a version with a note."""
    from studio.prompts.packs import history
    from studio.workspace import Workspace

    made = history(Workspace(workspace.resolve()), pack).sign(author, note)
    give(made.model_dump(), as_json, lambda: f"{pack}: saved as {made.hash[:8]}")


@app.command("revert")
def revert(
    pack: Named,
    version: Annotated[str, typer.Argument(metavar="HASH", help="The version to bring back.")],
    note: Note = "",
    author: Author = "",
    workspace: In = Path(),
    as_json: Json = False,
) -> None:
    """Bring an old version's files back, as a new version; what lies there now is kept."""
    from studio.prompts.packs import history
    from studio.workspace import Workspace

    kept = history(Workspace(workspace.resolve()), pack)
    now = kept.look()
    made = kept.revert(kept.version(version), now.hash, author, note)
    give(made.model_dump(), as_json, lambda: f"{pack}: {now.hash[:8]} is now {made.hash[:8]}")


@app.command("copy")
def copy(
    pack: Named,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Name of the new pack, in the workspace's prompts/.")],
    note: Note = "",
    author: Author = "",
    workspace: In = Path(),
    as_json: Json = False,
) -> None:
    """Make a new pack from another one."""
    from graphs.editing.pack_texts import read_texts
    from studio.prompts.packs import history, new_pack
    from studio.workspace import Workspace

    here = Workspace(workspace.resolve())
    old = history(here, pack)
    made = new_pack(here, new, read_texts(old.folder), author, note or f"Copied from {pack} {old.look().hash[:8]}")
    give(made.model_dump(), as_json, lambda: f"{here.root / 'prompts' / new}: made from {pack}")


def _line(row: dict[str, Any]) -> str:
    used = f"  used by {', '.join(row['runs'])}" if row["runs"] else ""
    author = f"  {row['author']}" if row["author"] else ""
    return f"{row['hash'][:8]}  {row['time']}  {row['origin']}{author}  {row['note']}{used}".rstrip()
