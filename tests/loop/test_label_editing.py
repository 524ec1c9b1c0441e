"""Laws of adding phrases to the text of a weakspot.yaml."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.config import parse, template
from loop.config.label_editing import with_phrases
from loop.errors import ConfigError

HEAD = "# mine\nproject: {name: calls}  # as we say\ndata: {file: pool.csv, text: text}\n"
TAIL = "selection:\n    batch: 25   # a day's work\n"

NEW = ["my: bill", "it's"]
ITEMS = """      - "my: bill"
      - "it's"
"""
LIST = "labels:\n  - refund  # money\n  # all else\n  - other\n"
FORMS = {
    "list": (LIST, f"labels:\n  refund:  # money\n    phrases:\n{ITEMS}  # all else\n  other:\n"),
    "list at the margin": (
        "labels:\n- 'refund'\n- other\n",
        f"labels:\n  'refund':\n    phrases:\n{ITEMS}  other:\n",
    ),
    "description": (
        "labels:\n  refund: wants money  # back\n  other:\n",
        f'labels:\n  refund:  # back\n    description: "wants money"\n    phrases:\n{ITEMS}  other:\n',
    ),
    "no description": (
        "labels:\n  refund:   # back\n  other: x\n",
        f"labels:\n  refund:   # back\n    phrases:\n{ITEMS}  other: x\n",
    ),
    "description below": (
        "labels:\n  refund:\n    wants\n    money\n  other: x\n",
        f'labels:\n  refund:\n    description: "wants money"\n    phrases:\n{ITEMS}  other: x\n',
    ),
    "long description": (
        "labels:\n  refund: |\n    wants\n    money\n\n  other: x\n",
        f'labels:\n  refund:\n    description: "wants\\nmoney"\n    phrases:\n{ITEMS}  other: x\n',
    ),
    "description alone": (
        "labels:\n  refund:\n    # as told\n    description: x\n  other:\n",
        f"labels:\n  refund:\n    phrases:\n{ITEMS}    # as told\n    description: x\n  other:\n",
    ),
    "phrases": (
        "labels:\n  refund:\n    phrases:\n      - old  # one\n    description: x\n  other:\n",
        f"labels:\n  refund:\n    phrases:\n      - old  # one\n{ITEMS}    description: x\n  other:\n",
    ),
    "phrases in one line": (
        "labels:\n  refund:\n    phrases: [old]  # one\n  other:\n",
        'labels:\n  refund:\n    phrases: [old, "my: bill", "it\'s"]  # one\n  other:\n',
    ),
    "empty phrases": (
        "labels:\n  refund:\n    phrases:  # none yet\n  other:\n",
        f"labels:\n  refund:\n    phrases:  # none yet\n{ITEMS}  other:\n",
    ),
    "a line a label": (
        "labels:\n  refund: {description: x, phrases: [old]}  # one\n  other:\n",
        f'labels:\n  refund:  # one\n    description: "x"\n    phrases:\n      - "old"\n{ITEMS}  other:\n',
    ),
    "all in one line": (
        "labels: [refund, other]  # both\n",
        f'labels:  # both\n  "refund":\n    phrases:\n{ITEMS}  "other": ""\n',
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_nothing_else_changes_however_labels_are_written(form: str) -> None:
    before, after = FORMS[form]
    assert with_phrases(HEAD + before + TAIL, "refund", NEW) == HEAD + after + TAIL
    at_the_end = with_phrases(HEAD + TAIL + before.rstrip("\n"), "refund", NEW)
    assert at_the_end.rstrip("\n") == (HEAD + TAIL + after).rstrip("\n")


@pytest.mark.parametrize("form", FORMS)
def test_line_ends_stay(form: str) -> None:
    before, after = ((HEAD + part + TAIL).replace("\n", "\r\n") for part in FORMS[form])
    assert with_phrases(before, "refund", NEW) == after


@pytest.mark.parametrize(
    "labels",
    [
        "labels: [refund, other,  # one\n  ]\n",
        "labels:\n  refund: | # long\n    wants money\n  other:\n",
        "labels:\n  - refund\n  - other\n    thing\n",
    ],
)
def test_where_a_comment_would_be_lost_or_nothing_fits_the_lines_are_told(labels: str) -> None:
    with pytest.raises(ConfigError) as told:
        with_phrases(HEAD + labels, "refund", ["where is it"])
    assert 'write them by hand, below refund:  phrases: ["where is it"]' in str(told.value)


def test_a_label_that_is_not_there_and_a_phrase_of_another_label_are_refused() -> None:
    with pytest.raises(ConfigError, match="no label 'refunds'"):
        with_phrases(HEAD + LIST, "refunds", ["x"])
    once = with_phrases(HEAD + LIST, "refund", ["x"])
    with pytest.raises(ConfigError):
        with_phrases(once, "other", ["x"])


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(str.strip)
PHRASES = st.lists(TEXTS.filter(bool), min_size=1, max_size=4, unique_by=lambda text: " ".join(text.split()).casefold())


@given(phrases=PHRASES, described=st.booleans())
def test_every_phrase_reads_back_after_what_init_writes(phrases: list[str], described: bool) -> None:
    labels = {"refund": "wants money", "other": ""} if described else ["refund", "other"]
    text = template(name="x", file="a.csv", text="t", labels=labels)
    after = text
    for phrase in phrases:
        try:
            after = with_phrases(after, "refund", [phrase])
        except ConfigError:
            return
    assert parse(after).label_set.phrases == {"refund": tuple(phrases)}
    known = set(after.splitlines())
    assert [line for line in text.splitlines() if line.strip().startswith("#") and line not in known] == []
