"""Every error weakspot raises on purpose; no other module defines an exception.

WeakspotError              one line for the person: found, wanted, what to do
├── ConfigError            weakspot.yaml or an option is wrong
├── NotApproved            the project would do something that this user has not approved
├── DataError              a data file, a column, a label or an example is wrong
├── LedgerError            the database cannot be opened, is locked, or has another schema
├── ArtifactError          a file of a round is missing, damaged or cannot be written
├── ModelError             a model cannot be loaded, trained or saved
├── LabelerError           the labeling tool does not do its part
│   ├── ServerDown         no answer at the address; trying again later may help
│   ├── ServerRefused      it answers but refuses: wrong token, not Label Studio, request rejected
│   ├── ProjectGone        the project we sent tasks to was deleted
│   └── ProjectChanged     the project's labels or page differ from what we set up
└── PeopleNeeded           not a fault: the next step waits for people (exit status 3)
"""

from __future__ import annotations

from loop.secrets import masked


class WeakspotError(Exception):
    """An error told to a person in one line; passwords, tokens and the like in its parts are masked.

    found: what is the case, with the offending value; ends without a full stop.
    wanted: what would have been right; empty when that is obvious from `found`.
    do: what the person can do now, in the imperative; empty only when nothing can be done.
    """

    exit_status = 1

    def __init__(self, found: str, *, wanted: str = "", do: str = "") -> None:
        self.found = masked(found)
        self.wanted = masked(wanted)
        self.do = masked(do)
        parts = [_unstopped(self.found)]
        if wanted:
            parts.append(f"wanted: {_unstopped(self.wanted)}")
        if do:
            parts.append(f"to do: {_unstopped(self.do)}")
        super().__init__("; ".join(parts))


def _unstopped(sentence: str) -> str:
    """Without its full stop; three of them mean that there is more."""
    return sentence if sentence.endswith("...") else sentence.removesuffix(".")


class ConfigError(WeakspotError):
    """weakspot.yaml or a command-line option is wrong."""


class NotApproved(WeakspotError):
    """The project is not made or approved by this user, and what was asked needs that."""


class DataError(WeakspotError):
    """A data file, a column, a label or an example is wrong."""


class LedgerError(WeakspotError):
    """The ledger cannot be opened, is locked, or has another schema."""


class ArtifactError(WeakspotError):
    """A file of a round is missing, damaged, or cannot be written."""


class ModelError(WeakspotError):
    """A model cannot be loaded, trained or saved."""


class LabelerError(WeakspotError):
    """The labeling tool does not do its part."""


class ServerDown(LabelerError):
    """No answer at the address; nothing was lost and trying again later may help."""


class ServerRefused(LabelerError):
    """The server answers but refuses: wrong token, not Label Studio, or a rejected request."""


class ProjectGone(LabelerError):
    """The labeling project that tasks were sent to no longer exists."""


class ProjectChanged(LabelerError):
    """The labeling project's labels or page differ from what weakspot set up."""


class PeopleNeeded(WeakspotError):
    """The next step waits for people; not a fault."""

    exit_status = 3
