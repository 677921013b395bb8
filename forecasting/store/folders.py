"""Folders and files that are whole and durable, or as they were before."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file and make it durable."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_folder(part: Path, folder: Path) -> None:
    """Put the finished folder `part` in the place of `folder`, which lies beside it and need not exist.

    At every moment the old or the new one is there whole, after a kill perhaps as the hidden sibling `.NAME.old`;
    the next call that succeeds clears that away. Where the new one cannot be put in place, the old one stays.

    Raises:
        OSError: a folder cannot be moved.
    """
    aside = folder.with_name(f".{folder.name}.old")
    sync_folder(part)
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(folder, aside)
    try:
        os.replace(part, folder)
    except OSError:
        with contextlib.suppress(OSError):  # the first error says more
            os.replace(aside, folder)
        raise
    sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def obstacle(folder: Path) -> str | None:
    """Return why nothing can be written at `folder`, itself or the nearest folder above it; None where it can."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        return f"{nearest} is a file"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} may not be written to"
    return None
