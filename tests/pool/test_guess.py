"""What `weakspot init` guesses about a file, and that it says so."""

import pytest
from made_tables import Table

from loop.errors import DataError
from loop.pool import Guess, guess, recognise

WORDS = ["my internet is down", "the bill is too high this month", "you charged me twice", "how do I change my plan"]


def rows(count: int = 40) -> list[list[str]]:
    return [
        [
            f"m{number}",
            f"{WORDS[number % 4]} ({number})",
            ["outage", "billing", "billing", "plan"][number % 4],
            ["chat", "mail"][number % 2],
            f"2025-01-{number % 28 + 1:02d}T10:00:00",
        ]
        for number in range(count)
    ]


def guessed(table: Table, header: list[str], keep: slice = slice(None), **given: str) -> Guess:
    return guess(recognise(table(header[keep], [row[keep] for row in rows()])), **given)


def test_the_columns_of_a_support_desk_are_recognised_by_content_and_name(table: Table) -> None:
    found = guessed(table, ["id", "message", "intent", "channel", "received_at"])
    columns = found.columns
    assert (columns.text, columns.label, columns.id, columns.metadata) == ("message", "intent", "id", ("channel",))
    said = " ".join(found.sentences)
    for words in ("separated by commas", "Text: column 'message'", "Label: column 'intent', by its name (3", "Id: "):
        assert words in said
    assert "Left out: received_at." in found.sentences


def test_a_column_without_a_telling_name_is_the_text_when_it_holds_the_sentences(table: Table) -> None:
    columns = guessed(table, ["nr", "inhalt", "what", "channel", "when"]).columns
    assert (columns.text, columns.label, columns.id, columns.metadata) == ("inhalt", "what", "nr", ("channel",))


def test_channel_alone_is_no_label(table: Table) -> None:
    header = ["id", "message", "", "channel", "received_at"]
    path = table([header[1], header[3]], [[row[1], row[3]] for row in rows()])
    found = guess(recognise(path))
    assert (found.columns.label, found.columns.metadata) == (None, ("channel",))
    assert any(sentence.startswith("Label: none found") for sentence in found.sentences)


def test_two_possible_labels_are_left_to_the_person(table: Table) -> None:
    found = guessed(table, ["id", "message", "one", "two", "received_at"])
    assert found.columns.label is None
    assert "Label: none found (one, two have few values: name one with --label); all messages are unlabelled." in (
        found.sentences
    )


def test_what_is_given_is_not_guessed(table: Table) -> None:
    found = guessed(table, ["id", "message", "intent", "channel", "received_at"], label="channel", id="received_at")
    assert (found.columns.label, found.columns.id, found.columns.metadata) == ("channel", "received_at", ("intent",))
    assert not any(sentence.startswith(("Label:", "Id:")) for sentence in found.sentences)


def test_a_single_column_of_words_is_the_text(table: Table) -> None:
    found = guess(recognise(table(["x"], [["help"], ["cancel"], ["bill"]])))
    assert (found.columns.text, found.columns.label, found.columns.id) == ("x", None, None)


def test_a_table_without_text_asks_for_the_column(table: Table) -> None:
    with pytest.raises(DataError, match=r"no column looks like text.*a, b.*--text"):
        guess(recognise(table(["a", "b"], [["1", "2"], ["3", "4"]])))
