"""The files of a project: predictions, embeddings, checkpoints. How folders are called is in `loop.artifact_names`.

    with artifacts.writing("rounds/003/score") as folder:   a temporary folder beside its place
        ...write files...
                            files and folders synced ─► manifest ─► one rename ─► parent synced: all of it or nothing
    folder = artifacts.open("rounds/003/score")             checked against the manifest once a process

A folder without a manifest does not exist. A folder is written once; writing it again replaces it whole. What a
manifest may name, and how folders are compared with it, is in `loop.manifest`.

No part of a folder's path below the root may be a symbolic link: a project from elsewhere could have its rounds read,
written or deleted in another place. (The files of a replay's copy are links, its folders are not.)

The root holds project.json with the project's key: a folder that has it, or a pool, is ours. Any other folder that
is not empty is refused before it is searched.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from uuid import uuid4

from loop import durable
from loop.artifact_names import BUNDLE, POOL, RETENTION
from loop.errors import ArtifactError
from loop.manifest import MANIFEST, check, faults, seal, sizes

__all__ = ["MANIFEST", "MARKER", "Artifacts", "check", "faults"]

MARKER = "project.json"
"""In the root: whose artifacts these are."""
_LARGEST_MARKER = 4096
_UNDER_WAY = durable.ENDINGS


class Artifacts:
    """A root folder. State: which folders were already checked in this process.

    linked: where files may be links into; of a copy that shares the files of another project, as a replay does.
    """

    def __init__(self, root: Path, *, linked: Path | None = None) -> None:
        self._root = root
        self._linked = linked
        self._checked: set[str] = set()

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A temporary folder that becomes `name` when the block ends well, and vanishes when it does not.

        Raises ArtifactError when the disk is full or refuses; what was there before stays.
        """
        place = self.place(name)
        draft = durable.draft(place)
        try:
            durable.clear(place)
            new = [folder for folder in place.parents if not folder.exists()]
            draft.mkdir(parents=True)
            yield draft
            seal(draft)
            _swap(draft, place)
            for folder in new:
                durable.sync(folder.parent)
        except OSError as fault:
            raise _explained(fault, place) from fault
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._checked.discard(name)

    def open(self, name: str) -> Path:
        """The folder `name`, whole and unchanged. Raises ArtifactError when it is missing or damaged."""
        place = self.place(name)
        problem = self.problem(name)
        if problem:
            raise ArtifactError(f"{place}: {problem}", wanted="the files as they were written", do=_advice(name))
        return place

    def problem(self, name: str) -> str:
        """What is wrong with the folder `name`, in words; empty when it is whole. Checked once a process."""
        if name in self._checked:
            return ""
        found = check(self.place(name), linked=self._linked)
        if not found:
            self._checked.add(name)
        return found

    def has(self, name: str) -> bool:
        """Whether `name` was written to the end. Raises ArtifactError as `place`."""
        return (self.place(name) / MANIFEST).is_file()

    def digest(self, name: str) -> str:
        """A hash of everything in `name`, from its manifest."""
        return hashlib.blake2b((self.open(name) / MANIFEST).read_bytes(), digest_size=16).hexdigest()

    def place(self, name: str) -> Path:
        """Where the folder `name` is or would be, its files unchecked: for those who look for damage.

        Raises ArtifactError for a name that leads out of the root, for names come from rows and files, too, and for a
        symbolic link on the way.
        """
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            raise ArtifactError(
                f"the artifact {name!r} is not below {self._root}",
                wanted="a folder within the artifacts",
                do="put the ledger or the bundle that names it back from a copy",
            )
        self._refuse_links(path)
        return self._root / path

    def _refuse_links(self, path: PurePosixPath) -> None:
        """Raises ArtifactError when any part of `path` below the root is a symbolic link."""
        for there in (self._root.joinpath(*path.parts[: n + 1]) for n in range(len(path.parts))):
            if there.is_symlink():
                raise ArtifactError(
                    f"{there} is a symbolic link",
                    wanted="the folder itself: what lies behind a link in the artifacts is neither read nor written",
                    do="put the folder in its place; for another disk set storage.artifacts in weakspot.yaml",
                )

    def remove(self, name: str) -> None:
        """Removes the folder `name`, whole or not; nothing when it is not there."""
        self._checked.discard(name)
        shutil.rmtree(self.place(name), ignore_errors=True)

    def set_aside(self, name: str) -> Path:
        """Moves the folder `name` beside the root of the artifacts; returns its new place. Raises ArtifactError."""
        place = self.place(name)
        target = self._root.with_name(f"{self._root.name}-set-aside") / f"{name.replace('/', '-')}-{uuid4().hex[:8]}"
        try:
            target.parent.mkdir(exist_ok=True)
            durable.move(place, target)
        except OSError as fault:
            raise _explained(fault, target) from fault
        self._checked = {known for known in self._checked if known != name and not known.startswith(f"{name}/")}
        return target

    def key(self) -> str | None:
        """Whose artifacts these are; None: not written down, as by weakspot up to 0.1. Raises ArtifactError."""
        file = self._root / MARKER
        self._refuse_links(PurePosixPath(MARKER))
        try:
            if not file.is_file() or file.stat().st_size > _LARGEST_MARKER:
                return None
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise ArtifactError(
                f"{file} cannot be read: {fault}",
                wanted="the key of the project these artifacts belong to",
                do=f"put {MARKER} back from a copy, or delete it: `weakspot run` writes it again",
            ) from fault
        return str(found["key"]) if isinstance(found, dict) and "key" in found else None

    def own(self, key: str) -> None:
        """Writes down whose artifacts these are. Raises ArtifactError."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            durable.write(self._root / MARKER, json.dumps({"key": key}) + "\n")
        except OSError as fault:
            raise _explained(fault, self._root / MARKER) from fault

    def is_foreign(self) -> bool:
        """Whether the root is a folder of something else: neither empty nor of a project. Searches nothing."""
        if not self._root.exists():
            return False
        if not self._root.is_dir():
            return True
        if (self._root / MARKER).is_file() or any(self.has(name) for name in (POOL, RETENTION)):
            return False
        with os.scandir(self._root) as entries:
            return any(not entry.name.endswith(_UNDER_WAY) and entry.name != "rounds" for entry in entries)

    def strays(self) -> tuple[Path, ...]:
        """Files that belong to no folder that was written to the end; what writers have under way is left out."""
        written = {self._root / name for name in self.names()}
        found = (path for path in self._files() if written.isdisjoint(path.parents) and path != self._root / MARKER)
        return tuple(sorted(found))

    def names(self) -> tuple[str, ...]:
        """All folders that were written to the end."""
        found = (path.parent.relative_to(self._root).as_posix() for path in self._files() if path.name == MANIFEST)
        return tuple(sorted(name for name in found if name != "."))

    def sweep(self) -> None:
        """Removes what interrupted writers left behind; call it while no other process writes."""
        for folder, folders, files in os.walk(self._root):
            for name in (*folders, *files):
                if name.startswith(".") and name.endswith(_UNDER_WAY):
                    path = Path(folder) / name
                    path.unlink() if path.is_symlink() or not path.is_dir() else shutil.rmtree(path, ignore_errors=True)
            folders[:] = [name for name in folders if not name.endswith(_UNDER_WAY)]

    def used_mb(self) -> float:
        """How much the folders that were written to the end take, in MiB, as their manifests say."""
        return float(sum(sum(sizes(self._root / name).values()) for name in self.names())) / 2**20

    def free_mb(self) -> float:
        """Free space on the disk that holds the root, in MiB."""
        there = next(folder for folder in (self._root, *self._root.parents) if folder.exists())
        return shutil.disk_usage(there).free / 2**20

    def _files(self) -> Iterator[Path]:
        """Everything that is not a folder, drafts left out. Links are named and not followed."""
        for folder, folders, files in os.walk(self._root):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            folders[:] = [name for name in folders if not name.endswith(_UNDER_WAY) and name not in links]
            yield from (Path(folder) / name for name in (*files, *links) if not name.endswith(_UNDER_WAY))


def _swap(draft: Path, place: Path) -> None:
    """Puts `draft` at `place`; a crash in between leaves no folder, never half of one."""
    old = durable.draft(place, ".replaced")
    if place.exists():
        place.rename(old)
    draft.rename(place)
    durable.sync(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _advice(name: str) -> str:
    """What can be made again from the rest, and what cannot."""
    if name in (POOL, RETENTION):
        return (
            "put the folder back from a copy, or make a new project with `weakspot init` in another folder: nothing "
            "else holds the examples"
        )
    parts = name.split("/")
    if parts[0] == "rounds" and parts[-1] == BUNDLE:
        return "put the folder back from a copy, then `weakspot verify`: nothing else holds the record as it was"
    if parts[0] == "rounds" and len(parts) > 1 and parts[1].isdigit():
        return (
            f"`weakspot run` makes it again while its round is open, `weakspot replay {int(parts[1])} --restore` "
            "afterwards, where that gives the same bytes; else put the folder back from a copy"
        )
    return "`weakspot run` makes it again, the same as before"


def _explained(fault: OSError, place: Path) -> ArtifactError:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return ArtifactError(
            f"the disk is full while writing {place}",
            wanted="room for one more round",
            do="free some space and run `weakspot run` again: it goes on where it stopped",
        )
    return ArtifactError(f"cannot write {place}: {fault.strerror}", do="check the folder's permissions")
