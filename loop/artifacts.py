"""The files of a project: predictions, embeddings, checkpoints. The only module that knows where they lie.

    with artifacts.writing("rounds/003/score") as folder:   a temporary folder beside its place
        ...write files...
                                                             manifest last, then one rename: all of it or nothing
    folder = artifacts.open("rounds/003/score")              checked against the manifest once a process

A folder without a manifest does not exist. A folder is written once; writing it again replaces it whole.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from loop.errors import ArtifactError

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class Artifacts:
    """A root folder. State: which folders were already checked in this process."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._checked: set[str] = set()

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A temporary folder that becomes `name` when the block ends well, and vanishes when it does not.

        Raises ArtifactError when the disk is full or refuses; what was there before stays.
        """
        place = self._root / name
        draft = place.with_name(f".{place.name}.{uuid4().hex[:8]}.partial")
        try:
            draft.mkdir(parents=True)
            yield draft
            _seal(draft)
            _swap(draft, place)
        except OSError as fault:
            raise _explained(fault, place) from fault
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._checked.discard(name)

    def open(self, name: str) -> Path:
        """The folder `name`, whole and unchanged. Raises ArtifactError when it is missing or damaged."""
        place = self._root / name
        if name not in self._checked:
            problem = check(place)
            if problem:
                raise ArtifactError(
                    f"{place}: {problem}",
                    wanted="the files as they were written",
                    do=_mend(name),
                )
            self._checked.add(name)
        return place

    def has(self, name: str) -> bool:
        """Whether `name` was written to the end."""
        return (self._root / name / MANIFEST).is_file()

    def digest(self, name: str) -> str:
        """A hash of everything in `name`, from its manifest."""
        return hashlib.blake2b((self.open(name) / MANIFEST).read_bytes(), digest_size=16).hexdigest()

    def place(self, name: str) -> Path:
        """Where the folder `name` lies or would lie, unchecked: for those who look for damage."""
        return self._root / name

    def strays(self) -> tuple[Path, ...]:
        """Files that belong to no folder that was written to the end; what writers have under way is left out."""
        written = {self._root / name for name in self.names()}
        found = (path for path in self._root.rglob("*") if not path.is_dir() and written.isdisjoint(path.parents))
        return tuple(sorted(path for path in found if not _under_way(path)))

    def names(self) -> tuple[str, ...]:
        """All folders that were written to the end."""
        found = (path.parent.relative_to(self._root).as_posix() for path in self._root.rglob(MANIFEST))
        return tuple(sorted(name for name in found if ".partial" not in name))

    def sweep(self) -> None:
        """Removes what interrupted writers left behind; call it while no other process writes."""
        for draft in [*self._root.rglob(".*.partial"), *self._root.rglob(".*.replaced")]:
            shutil.rmtree(draft, ignore_errors=True)

    def used_mb(self) -> float:
        """How much the folders that were written to the end take, in MiB, as their manifests say."""
        manifests = (json.loads((self._root / name / MANIFEST).read_text()) for name in self.names())
        return float(sum(file["bytes"] for manifest in manifests for file in manifest["files"].values())) / 2**20

    def free_mb(self) -> float:
        """Free space on the disk that holds the root, in MiB."""
        self._root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free / 2**20


def check(folder: Path) -> str:
    """What is wrong with a written folder, in words; '' when every file is as the manifest says."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        files = manifest["files"]
        for name, wanted in files.items():
            if _sha256(folder / name) != wanted["sha256"]:
                return f"{name} has changed since it was written"
    except FileNotFoundError as fault:
        return f"{Path(fault.filename).name} is missing"
    except (json.JSONDecodeError, KeyError, TypeError):
        return f"{MANIFEST} is damaged"
    return ""


def faults(folder: Path) -> dict[str, str]:
    """File → what is wrong with it, in words, for every file of a written folder; empty when all is as it was written.

    Stricter than `check`: nothing may be there that the manifest does not name, and the manifest must be, to the
    letter, what was written.
    """
    try:
        text = (folder / MANIFEST).read_text()
        files: dict[str, dict[str, Any]] = json.loads(text)["files"]
        wanted = {name: (str(told["sha256"]), int(told["bytes"])) for name, told in files.items()}
    except FileNotFoundError:
        return {MANIFEST: "is missing"}
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return {MANIFEST: "is damaged"}
    found = {} if text == _manifest(folder, files) else {MANIFEST: "is not as it was written"}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    for name, (digest, size) in wanted.items():
        if name not in there:
            found[name] = "is missing"
        elif there[name].stat().st_size != size or _sha256(there[name]) != digest:
            found[name] = "has changed since it was written"
    return found | {name: "was added afterwards" for name in there if name not in wanted and name != MANIFEST}


def _manifest(folder: Path, files: dict[str, dict[str, Any]]) -> str:
    """What `_seal` writes of these entries, in its order of paths."""
    order = sorted(files, key=lambda name: folder / name)
    entries = {name: {"bytes": files[name].get("bytes"), "sha256": files[name].get("sha256")} for name in order}
    return json.dumps({"files": entries}, indent=1)


def _under_way(path: Path) -> bool:
    return any(part.endswith((".partial", ".replaced")) for part in path.parts)


def _seal(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files
    }
    text = json.dumps({"files": entries}, indent=1)
    with (folder / MANIFEST).open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _swap(draft: Path, place: Path) -> None:
    """Puts `draft` at `place`; a crash in between leaves no folder, never half of one."""
    old = place.with_name(f".{place.name}.{uuid4().hex[:8]}.replaced")
    if place.exists():
        place.rename(old)
    draft.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _mend(name: str) -> str:
    """What can be made again from the rest, and what cannot."""
    if name in ("pool", "retention"):
        return "put the folder back from a copy, or begin anew with `weakspot init`: nothing else holds the examples"
    if name.startswith("rounds/"):
        return (
            "put the folder back from a copy; without one delete it and run `weakspot run`, which makes it again while "
            "its round is open; after that promote another round's model"
        )
    return "delete this folder and run `weakspot run`: it is made again, the same as before"


def _explained(fault: OSError, place: Path) -> ArtifactError:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return ArtifactError(
            f"the disk is full while writing {place}",
            wanted="room for one more round",
            do="free some space and run `weakspot run` again: it goes on where it stopped",
        )
    return ArtifactError(f"cannot write {place}: {fault.strerror}", do="check the folder's permissions")
