"""Write the locked, hashed requirement files from pyproject.toml; run by `make lock`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = "# Locked from pyproject.toml by `make lock`; hashes are checked at installation.\n"
#: File -> extras that it holds besides what the package needs to run.
FILES = {"requirements.txt": (), "requirements-test.txt": ("test",), "requirements-gpu.txt": ("gpu",)}


def lock(file: str, extras: tuple[str, ...], constraint: str | None) -> None:
    """Resolve one set, with the versions of the set before it."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal"),
        *(
            "--python-version",
            "3.11",
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-header",
        ),
        *("--no-annotate", "--output-file", file),
        *(part for extra in extras for part in ("--extra", extra)),
        *(("--constraint", constraint) if constraint else ()),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    path = ROOT / file
    path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")


former = None
for name, extras in FILES.items():
    lock(name, extras, former)
    former = former or name
