"""Write the locked, hashed requirement files from pyproject.toml; run by `make lock`.

`requirements.txt` holds what the package needs to run, `requirements-EXTRA.txt` what each extra adds to it, in versions
that go together. A version that is locked stays as long as pyproject.toml allows it; with `--upgrade` all become the
newest that it allows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT, BASE = "pyproject.toml", "requirements.txt"
HEADER = "# Locked from pyproject.toml by `make lock`; hashes are checked at installation.\n"
SETTINGS = (
    *("--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"),
)


def resolve(extra: str | None, locked: str, is_upgraded: bool) -> str:
    """Return the set of the package, or of the package with one extra, as pip reads it.

    Args:
        extra: the extra; None is the package alone.
        locked: the set locked before, whose versions are preferred.
        is_upgraded: whether the newest versions are preferred instead.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / BASE
        output.write_text(locked, encoding="utf-8")  # uv prefers the versions of the file that it writes
        command = [sys.executable, "-m", "uv", "pip", "compile", PROJECT, *SETTINGS, "--output-file", str(output)]
        command += ["--upgrade"] if is_upgraded else []
        command += ["--extra", extra, "--constraint", BASE] if extra else []
        subprocess.run(command, cwd=ROOT, check=True)
        return output.read_text(encoding="utf-8")


def packages(text: str) -> dict[str, str]:
    """Return the lines of each package of a set by what they begin with: its name, version and platforms."""
    blocks: dict[str, str] = {}
    head = ""
    for line in text.splitlines(keepends=True):
        if line.startswith("#"):
            continue
        head = head if line.startswith(" ") else line
        blocks[head] = blocks.get(head, "") + line
    return blocks


def lock(is_upgraded: bool) -> None:
    """Resolve the package, then each extra beside it, and write what each adds."""
    project = tomllib.loads((ROOT / PROJECT).read_text(encoding="utf-8"))["project"]
    files = {None: ROOT / BASE} | {
        extra: ROOT / f"requirements-{extra}.txt" for extra in project["optional-dependencies"]
    }
    former = {extra: path.read_text(encoding="utf-8") if path.exists() else "" for extra, path in files.items()}
    base: dict[str, str] = {}
    for extra, path in files.items():
        found = packages(resolve(extra, former[extra], is_upgraded))
        path.write_text(HEADER + "".join(lines for head, lines in found.items() if head not in base), encoding="utf-8")
        base = base or found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="prefer the newest versions to those locked before")
    lock(parser.parse_args().upgrade)
