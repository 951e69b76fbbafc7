"""`kardia packs`: check what a designer edits."""

from typing import Annotated

import typer

from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True)


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
def list_packs(as_json: Json = False) -> None:
    """List the packs in prompts/."""
    from graphs.packs import PACKS, load_pack

    packs = {path.parent.name: load_pack(path.parent.name).settings for path in sorted(PACKS.glob("*/pack.yaml"))}
    data = {
        name: {
            "title": s.title,
            "labels": len(s.labels),
            "criteria": list(s.criteria),
            "T": s.limits.turns,
            "K": s.limits.attempts,
        }
        for name, s in packs.items()
    }
    give(data, as_json, lambda: "\n".join(f"{name}: {about['title']}" for name, about in data.items()))
