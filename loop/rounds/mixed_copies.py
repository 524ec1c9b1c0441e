"""Whether ledger and artifacts belong together: of two copies that went on apart, one may be put back in part.

    ledger ─► round → hash of its bundle ─┬─ another than the manifest in the artifacts says ─► ArtifactError
    artifacts ─► manifest of the bundle ──┘
    newest and champion's bundle ─► hashes of their rounds' folders, against the manifests of these

    rounds in the artifacts that the ledger has not come to: it was set back to an earlier state ─► set aside

Manifests alone are read, so that it takes a moment. Folders that are lost are no sign of another copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loop.artifact_names import BUNDLE, artifact
from loop.errors import ArtifactError
from loop.ledger import figures, lineage, progress
from loop.ledger.progress import Event
from loop.manifest import digest
from loop.project import Project
from loop.records.vocabulary import STEPS
from loop.rounds.bundle_files import parsed
from loop.rounds.context import now


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


def set_aside_newer_rounds(project: Project, *, say: Callable[[str], None]) -> None:
    """Before a run: finished rounds of a newer ledger are moved out of the way, where the run would write its own."""
    with project.ledger.read() as connection:
        done = {row.round for row in progress.steps(connection) if row.step == STEPS[-1] and row.state == "done"}
    there = {name.removesuffix(f"/{BUNDLE}") for name in project.artifacts.names() if name.endswith(f"/{BUNDLE}")}
    for name in sorted(there - {artifact(round_, "").rstrip("/") for round_ in done}):
        target = project.artifacts.set_aside(name)
        line = (
            f"{name} was finished by a newer ledger than this one, which begins that round again; its files are now in "
            f"{target}: to go back, put the newer ledger and these files back"
        )
        say(line)
        with project.ledger.begin() as connection:
            progress.add_event(connection, Event(now(), "warning", None, None, line))


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
