"""Every test, and every Python that a test starts, reaches this machine alone; no test is judged by the clock.

Hypothesis draws the same examples each time and gives slow machines their time (its profile "ci");
`pytest --hypothesis-profile=default` draws others.
"""

import os
import runpy
from pathlib import Path

from hypothesis import settings

GUARD = Path(__file__).resolve().parent / "loopback_only"
_given = os.environ.get("PYTHONPATH", "")
if str(GUARD) not in _given.split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), _given]))
    runpy.run_path(str(GUARD / "sitecustomize.py"))

settings.load_profile("ci")
pytest_plugins = ["tests.small_disk"]
