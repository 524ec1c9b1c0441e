"""Word differences tell the truth and give the texts back; a sheet of HTML holds no tag of the data."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from made_stores import trap

from dashboard.answer_cards import LONGEST, MARKS, Sheet, Side, html
from dashboard.safe import lines
from dashboard.theme import DARK, LIGHT
from dashboard.word_diff import MOST, Piece, word_diff

TAGS = {"div", "section", "span", "details", "summary", "p", "em", *MARKS.values()}


def own(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text.strip() for piece in pieces if piece.own]


def test_a_changed_date_is_marked_and_nothing_else() -> None:
    found = word_diff("It comes on Monday, at 9.", "It comes on Tuesday, at 9.")
    assert own(found.before) == ["Monday"]
    assert own(found.after) == ["Tuesday"]


def test_white_space_alone_is_no_difference() -> None:
    found = word_diff("one  two\nthree", "one two three ")
    assert own(found.before) == own(found.after) == []


def test_texts_without_a_word_in_common_are_not_marked_but_told() -> None:
    found = word_diff("Please wait.", "Dear customer, your refund of 49 euros arrives on Friday")
    assert own(found.before) == own(found.after) == []
    assert found.why_not


def test_a_short_answer_inside_a_long_one_is_found() -> None:
    found = word_diff("It ends soon.", "Dear customer, thank you for writing to us about your contract. It ends soon.")
    assert own(found.before) == []
    assert own(found.after) == ["Dear customer, thank you for writing to us about your contract."]


def test_a_lone_sign_beside_a_text_is_no_common_ground() -> None:
    assert word_diff("Your refund is on its way.", ".").why_not
    assert word_diff("", "").why_not == ""


def test_very_long_texts_are_told_not_to_be_compared() -> None:
    assert "long" in word_diff("word " * (MOST + 1), "word").why_not


def test_a_single_shared_word_between_two_changes_joins_them() -> None:
    found = word_diff("we can help you now with red the blue here", "we can help you now with green the yellow here")
    assert own(found.before) == ["red the blue"]


@given(st.text(alphabet="ab ,.\n", max_size=60), st.text(alphabet="ab ,.\n", max_size=60))
def test_pieces_joined_are_the_texts(before: str, after: str) -> None:
    found = word_diff(before, after)
    assert "".join(piece.text for piece in found.before) == before
    assert "".join(piece.text for piece in found.after) == after


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, set[str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name for name, _ in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str, *, title: str = "Round 0") -> _Reader:
    found = word_diff(text, f"{text} and more")
    sides = (Side(title, found.before, text, "bad", own="gone"), Side(title, found.after, own="new"))
    store = _Reader()
    store.feed(html(Sheet(text, text, sides, references=(text,)), LIGHT))
    store.close()
    return store


@given(st.text(alphabet="<>&\"'/=abscript :;()\\`![]{}\n", max_size=80))
def test_no_text_of_data_becomes_a_tag_or_an_attribute(text: str) -> None:
    store = read(text, title=text)
    assert {tag for tag, _ in store.tags} <= TAGS
    assert {name for _, names in store.tags for name in names} <= {"style", "tabindex"}
    assert lines(text) in store.text


def test_traps_are_shown_as_they_are_written() -> None:
    text = trap("hello", "http://127.0.0.1:9")
    store = read(text, title=text)
    assert {tag for tag, _ in store.tags} <= TAGS
    assert store.text.count("<script>window.__ran=1</script>") >= 4


def test_line_breaks_stay_and_direction_signs_leave() -> None:
    assert lines("one\r\n\ttwo\u202e\n") == "one\n two\n"


def test_what_is_too_long_says_how_much_is_left_out() -> None:
    sheet = Sheet("p", "", (Side("Left", (Piece("x" * (LONGEST + 1200), own=False),)),))
    assert "1,200 more characters" in html(sheet, DARK)


def test_own_words_differ_by_line_as_well_as_by_colour() -> None:
    found = word_diff("It comes on Monday.", "It comes on Tuesday.")
    shown = html(Sheet("p", "", (Side("a", found.before, own="gone"), Side("b", found.after, own="new"))), LIGHT)
    assert "line-through" in shown
    assert "underline" in shown
    assert "<del" in shown
    assert "<ins" in shown
