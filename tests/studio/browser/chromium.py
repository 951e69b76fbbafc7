"""Debian's Chromium, started so that it talks to nobody but the studio."""

import shutil

from playwright.sync_api import Browser, Playwright

MISSING = "no Chromium here: install Debian's package chromium (tools/system_packages.sh does it where it may)"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def find_chromium() -> str | None:
    """The program, where there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright, program: str) -> Browser:
    """Start it without a window."""
    return playwright.chromium.launch(executable_path=program, args=list(FLAGS))
