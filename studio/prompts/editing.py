"""A pack in somebody's hands: what was changed and not saved, what it was made from, and what happened meanwhile."""

from dataclasses import dataclass, field
from typing import NamedTuple

from graphs.editing.pack_texts import folder_digest, read_texts
from graphs.editing.versions import History, Version
from graphs.packs import FILES
from studio.prompts import drafts
from studio.prompts.packs import history
from studio.workspace import Workspace


class Moved(NamedTuple):
    """Somebody saved before you: which version lies there now, and which of your files it changed too."""

    version: Version
    files: tuple[str, ...]
    clash: tuple[str, ...]


@dataclass
class Editing:
    """One page's work on one pack. Only files that were changed are held; the others are read from disk."""

    workspace: Workspace
    pack: str
    owner: str
    history: History
    base: str
    changed: dict[str, str] = field(default_factory=dict[str, str])
    draft: str = field(default_factory=drafts.new_id)
    round: int = 0
    """Rises when texts are changed by anything but the person's own typing."""

    @property
    def texts(self) -> dict[str, str]:
        """The pack as it would be saved."""
        whole = read_texts(self.history.folder) | self.changed
        return {name: whole[name] for name in FILES if name in whole}

    def write(self, file: str, text: str) -> None:
        """Take what was typed; a text that is again as on disk is no change. It is kept as a draft."""
        if read_texts(self.history.folder).get(file) == text:
            self.changed.pop(file, None)
        else:
            self.changed[file] = text
        self._keep()

    def discard(self) -> None:
        """Drop every change."""
        self.changed.clear()
        self.round += 1
        self._keep()

    def moved(self) -> Moved | None:
        """What was saved since this work began. Without changes of one's own there is nothing to lose: follow it."""
        if folder_digest(self.history.folder) == self.base:
            return None
        found = self.history.look()
        if not self.changed:
            self.take_in(found)
            return None
        files = self._files_changed(found)
        return Moved(found, files, tuple(name for name in files if name in self.changed))

    def take_in(self, version: Version) -> None:
        """Go on from another version, with one's own changes on top of it."""
        self.base = version.hash
        self.changed = {name: text for name, text in self.changed.items() if self._on_disk(name) != text}
        self.round += 1
        self._keep()

    def save(self, author: str, note: str) -> Version:
        """Save; raises as `History.save` does, and then keeps everything."""
        version = self.history.save(self.texts, self.base, author, note)
        self.base = version.hash
        self.changed.clear()
        self._keep()
        return version

    def revert(self, version: Version, author: str, note: str) -> Version:
        """Bring an old version back; raises as `History.save` does."""
        made = self.history.revert(version, self.base, author, note)
        self.base = made.hash
        self.discard()
        return made

    def _files_changed(self, found: Version) -> tuple[str, ...]:
        began = next((version for version in self.history.versions() if version.hash == self.base), None)
        before = began.files if began else {}
        return tuple(name for name in FILES if before.get(name) != found.files.get(name))

    def _on_disk(self, name: str) -> str | None:
        return read_texts(self.history.folder).get(name)

    def _keep(self) -> None:
        if self.changed:
            kept = drafts.keep(self.workspace, self.draft, self.owner, self.pack, self.base, self.changed)
            self.draft = kept.id
        else:
            drafts.drop(self.workspace, self.draft)


def begin(workspace: Workspace, pack: str, owner: str, draft_id: str = "") -> Editing:
    """Take a pack up: as it lies on disk, or as a draft holds it."""
    kept = history(workspace, pack)
    now = kept.look()
    draft = drafts.adopt(workspace, draft_id, owner) if draft_id else None
    if draft is None or draft.pack != pack:
        return Editing(workspace, pack, owner, kept, now.hash)
    return Editing(workspace, pack, owner, kept, draft.base, dict(draft.texts), draft.id)


def open_draft(editing: Editing, draft: drafts.Draft) -> None:
    """Take the texts of a draft that another session left, and its base with them."""
    editing.base, editing.changed = draft.base, dict(draft.texts)
    editing.round += 1
    editing.write(*next(iter(draft.texts.items())))
