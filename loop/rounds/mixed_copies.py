"""Whether ledger and artifacts belong together: of two copies that went on apart, one may be put back in part.

    ledger ─► round → hash of its bundle ─┬─ another than the manifest in the artifacts says ─► ArtifactError
    artifacts ─► manifest of the bundle ──┘
    newest and champion's bundle ─► hashes of their rounds' folders, against the manifests of these

Manifests alone are read, so that it takes a moment. Folders that are lost are no sign of another copy.
"""

from __future__ import annotations

from collections.abc import Iterator

from loop.errors import ArtifactError
from loop.ledger import figures, lineage
from loop.manifest import digest
from loop.project import Project
from loop.rounds.bundle_files import parsed
from loop.rounds.bundles import BUNDLE
from loop.rounds.work import artifact


def refuse_mixed(project: Project) -> None:
    """Raises ArtifactError when a folder is there and is not the one that the ledger speaks of."""
    name = next(_foreign(project), None)
    if name is not None:
        raise ArtifactError(
            f"{project.artifacts.place(name)} is not what the ledger noted when its round was finished: ledger and "
            "artifacts are of two copies that went on apart, or the folder was rewritten",
            wanted="ledger and artifacts of the same copy",
            do="put both back from the same backup; `weakspot verify` lists what differs",
        )


def _foreign(project: Project) -> Iterator[str]:
    with project.ledger.read() as connection:
        noted = {row.round: row.digest for row in lineage.bundles(connection)}
        champion = figures.champion(connection)
    for round_, wanted in noted.items():
        name = artifact(round_, BUNDLE)
        if digest(project.artifacts.place(name)) not in (None, wanted):
            yield name
    newest = max(noted, default=None)
    for round_ in sorted({one for one in (newest, champion) if one in noted and one is not None}):
        yield from _foreign_folders(project, round_)


def _foreign_folders(project: Project, round_: int) -> Iterator[str]:
    bundle = artifact(round_, BUNDLE)
    if project.artifacts.problem(bundle):
        return
    for name, wanted in parsed(project.artifacts.open(bundle) / "artifacts.json").items():
        if name.startswith(artifact(round_, "")) and digest(project.artifacts.place(name)) not in (None, wanted):
            yield name
