"""Disks that fail: where a watched process may be disturbed, and what a power loss leaves of its files.

    shim(folder) ─► disk.so, made of disk.c          points(operations) ─► which operation fails, and how
    after_power_loss(before, operations, ...) ─► the folder as the disk would hold it

The model of a disk is the strict one of Pillai et al. 2014 ("All File Systems Are Not Created Equal"): contents are
kept as of the file's last fsync, names as of the last fsync of their folder, in no order among each other. What was
not synced may be lost, or not; `names_kept` gives the two ends: no later name is on the disk, or every one is while
the contents are not. Writes of SQLite are seen like all others.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from worker import KINDS, Operation

SOURCE = Path(__file__).with_name("disk.c")
FAULTS = {
    "create": (errno.ENOSPC, errno.EACCES, errno.EIO),
    "write": (errno.ENOSPC, errno.EIO),
    "mkdir": (errno.EACCES, errno.ENOSPC, errno.EIO),
    "rename": (errno.EIO, errno.EACCES, errno.ENOSPC),
    "sync": (errno.EIO, errno.ENOSPC),
    "truncate": (errno.EIO,),
}
"""Kind of operation → what it may fail with."""
LASTING = {errno.ENOSPC: ("create", "write", "mkdir"), errno.EACCES: ("create", "mkdir", "rename")}
"""A full disk stays full, and a right that was taken stays away; an EIO comes once."""
CHANGES = ("create", "mkdir", "remove", "rename", "empty", "sync")
"""What changes the names and durable contents of a folder; a "vain" operation failed by itself."""
GOLDEN = 0.618034
SAME = {"open": "create", "empty": "create"}


@dataclass(frozen=True)
class Point:
    """One fault."""

    number: int
    kind: str
    path: str
    error: int
    """errno; 0: the process is killed."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What fails from then on; a kill may come before anything."""
        return (self.kind, *LASTING.get(self.error, ())) if self.error else tuple(KINDS)

    @property
    def lasting(self) -> bool:
        """Whether more than one operation fails."""
        return self.error in LASTING

    def __str__(self) -> str:
        word = errno.errorcode[self.error] if self.error else "SIGKILL"
        return f"{word} at {self.kind} {self.number} of {self.path}"


def shim(folder: Path) -> Path:
    """Compiles disk.c; skips aloud without a compiler or on a system without LD_PRELOAD."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/proc/self/fd").is_dir():
        pytest.skip("faults of the disk need Linux and a C compiler (Debian and Ubuntu: apt install gcc)")
    made = folder / "disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


def points(operations: Sequence[Operation]) -> list[Point]:
    """Every operation that may fail, each with one of the errors it may have, in turn."""
    kinds = [(one, SAME.get(one.kind, one.kind)) for one in operations]
    chosen = [(one, kind) for one, kind in kinds if kind in FAULTS]
    turns = dict.fromkeys(FAULTS, 0)
    found = []
    for one, kind in chosen:
        turns[kind] += 1
        found.append(Point(one.number, kind, one.path, FAULTS[kind][turns[kind] % len(FAULTS[kind])]))
    return found


def spread(all_: Sequence[Point], count: int) -> list[Point]:
    """Fewer of them: of every kind of operation and of file, evenly over time."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for one in all_:
        groups.setdefault((one.kind, Path(one.path).suffix), []).append(one)
    found: dict[int, Point] = {}
    for turn in range(len(all_)):
        for number, group in enumerate(groups.values()):
            # Multiples of the golden ratio never come near each other.
            one = group[int((turn * GOLDEN + number * 0.37) % 1 * len(group))]
            if len(found) < count:
                found.setdefault(one.number, one)
    return [found[number] for number in sorted(found)]


@dataclass
class Node:
    """A file or a folder. durable: what the disk holds of it; entries: the names in it now."""

    is_folder: bool
    content: Path | None = None
    """Of a file as of its last fsync; None: nothing was written through."""
    entries: dict[str, Node] = field(default_factory=dict)
    durable: dict[str, Node] = field(default_factory=dict)


def after_power_loss(
    before: Path,
    target: Path,
    operations: Sequence[Operation],
    *,
    root: Path,
    snapshots: Path,
    kept: str,
    names_kept: bool,
) -> None:
    """Writes to `target` what is left of `root`, which was a copy of `before`, when the power went after these.

    kept: a folder below root that stands for a server elsewhere; it keeps every name.
    """
    tree = _tree(before)
    for one in operations:
        if one.kind in CHANGES:
            _apply(tree, one, root, snapshots)
    _write(tree, target, names_kept=names_kept)
    server = _node(tree, Path(kept).parts)
    if server is not None:
        shutil.rmtree(target / kept, ignore_errors=True)
        (target / kept).parent.mkdir(exist_ok=True)
        _write(server, target / kept, names_kept=True)


def _tree(folder: Path) -> Node:
    node = Node(is_folder=True)
    for path in folder.iterdir():
        node.entries[path.name] = _tree(path) if path.is_dir() else Node(is_folder=False, content=path)
    node.durable = dict(node.entries)
    return node


def _apply(tree: Node, one: Operation, root: Path, snapshots: Path) -> None:
    path = Path(one.path)
    if one.kind == "sync" and path == root:
        tree.durable = dict(tree.entries)
        return
    parent, name = _parent(tree, path, root), path.name
    if one.kind == "create":
        parent.entries[name] = Node(is_folder=False)
    elif one.kind == "mkdir":
        parent.entries[name] = Node(is_folder=True)
    elif one.kind == "remove":
        parent.entries.pop(name)
    elif one.kind == "rename":
        other = Path(one.other)
        _parent(tree, other, root).entries[other.name] = parent.entries.pop(name)
    elif one.kind == "empty":
        parent.entries[name].content = None
    elif one.kind == "sync" and name not in parent.entries:
        # The safetensors library renames its draft without libc, unseen by disk.c.
        draft = [known for known in parent.entries if known.startswith(".tmp")][-1]
        parent.entries[name] = parent.entries.pop(draft)
        parent.entries[name].content = snapshots / str(one.number)
    elif one.kind == "sync" and parent.entries[name].is_folder:
        parent.entries[name].durable = dict(parent.entries[name].entries)
    elif one.kind == "sync":
        parent.entries[name].content = snapshots / str(one.number)


def _node(tree: Node, parts: Sequence[str]) -> Node | None:
    node: Node | None = tree
    for part in parts:
        node = node.entries.get(part) if node else None
    return node


def _parent(tree: Node, path: Path, root: Path) -> Node:
    node = tree
    for part in path.relative_to(root).parts[:-1]:
        node = node.entries[part]
    return node


def _write(node: Node, target: Path, *, names_kept: bool) -> None:
    target.mkdir()
    for name, child in _names(node, names_kept):
        if child.is_folder:
            _write(child, target / name, names_kept=names_kept)
        elif child.content is None:
            (target / name).touch()
        else:
            shutil.copyfile(child.content, target / name)


def _names(node: Node, names_kept: bool) -> Iterator[tuple[str, Node]]:
    yield from (node.entries if names_kept else node.durable).items()
