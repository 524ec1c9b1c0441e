"""Label Studio's JSON → Annotations. Pure.

    task row (data, predictions, annotations) ─► one Annotation per answer, each with its named state

Nothing is dropped: what cannot be read is MALFORMED, what is outside the form's choices is UNKNOWN_LABEL, and the
whole JSON goes along, but for "created_ago", which speaks of the moment of reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from labeling.label_studio.pages import page_for
from loop.records import UNKNOWN, Annotation, Form


def annotations_of(
    task: Mapping[str, Any], *, ext_id: str, form: Form, account_name: Callable[[int], str]
) -> tuple[Annotation, ...]:
    """All answers to one task, oldest first. `account_name` tells the e-mail of an account id.

    A task that names the kind of its form is read by that kind's page, whatever the project asks by now.
    """
    raws: Sequence[Mapping[str, Any]] = task.get("annotations") or ()
    return tuple(
        _annotation(raw, task, ext_id=ext_id, form=form, account_name=account_name)
        for raw in sorted(raws, key=lambda raw: int(raw["id"]))
    )


def utc(moment: str | None) -> str:
    """The server's way to write a time → ISO 8601 in UTC to the microsecond, so that text order is time order."""
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat(timespec="microseconds")


def answer_id(ext_id: str, raw: Mapping[str, Any]) -> str:
    """The identity of an answer: its question, and what Label Studio never gives twice.

    Its number alone begins again on a new or restored server. With the time of creation to the microsecond it cannot
    repeat within a question; edits change neither. `unique_id` is taken where a server gives it, but Label Studio 1.23
    does so in exports only.
    """
    unique = raw.get("unique_id") or f"{raw['id']} {utc(raw.get('created_at'))}"
    return f"{ext_id}:{blake2b(str(unique).encode(), digest_size=12).hexdigest()}"


def _annotation(
    raw: Mapping[str, Any],
    task: Mapping[str, Any],
    *,
    ext_id: str,
    form: Form,
    account_name: Callable[[int], str],
) -> Annotation:
    page = page_for(task["data"], form)
    answer = page.read(raw.get("result"), form, data=task["data"], skipped=bool(raw.get("was_cancelled")))
    return Annotation(
        id=answer_id(ext_id, raw),
        ext_id=ext_id,
        annotator=_annotator(raw.get("completed_by"), account_name),
        state=answer.state,
        label=answer.label,
        flags=answer.flags,
        note=answer.note,
        suggestion=page.suggested(_prediction(raw, task.get("predictions") or ())),
        lead_time_s=_seconds(raw.get("lead_time")),
        created_at=utc(raw.get("created_at")),
        updated_at=utc(raw.get("updated_at")),
        raw={key: value for key, value in raw.items() if key != "created_ago"},
    )


def _annotator(completed_by: object, account_name: Callable[[int], str]) -> str:
    if isinstance(completed_by, Mapping):
        return str(completed_by.get("email") or f"account {completed_by.get('id')}")
    return account_name(completed_by) if isinstance(completed_by, int) else UNKNOWN


def _prediction(raw: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What the person saw: the snapshot in the answer, the prediction it names, else the task's only one."""
    if isinstance(raw.get("prediction"), Mapping):
        return dict(raw["prediction"])
    named = [prediction for prediction in predictions if prediction.get("id") == raw.get("parent_prediction")]
    return next(iter(named or predictions), None)


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
