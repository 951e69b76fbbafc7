"""Every test, and every Python that a test starts, reaches this machine alone."""

import os
import runpy
from pathlib import Path

GUARD = Path(__file__).resolve().parent / "loopback_only"
_given = os.environ.get("PYTHONPATH", "")
if str(GUARD) not in _given.split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), _given]))
    runpy.run_path(str(GUARD / "sitecustomize.py"))

pytest_plugins = ["tests.small_disk"]
