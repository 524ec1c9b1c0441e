"""Laws of the names of weak spots, and how they read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.selection.spot_names import ELLIPSIS, LONGEST, SpotTraits, name_by_traits, shorten

LABELS = (
    "refund status",
    "change payment method",
    "wrong exchange rate for cash withdrawal",
    "wrong amount of cash received",
    "balance not updated after bank transfer",
    "balance not updated after cheque or cash deposit",
    "cash withdrawal not recognised",
    "cash withdrawal charge",
)
HOSTILE = (
    " ",
    "7",
    "\x1b[31mred",
    "a\u202eb",
    "<script>alert(1)</script>",
    "[bold]x[/]",
    "\ud800",
    "line\nline",
    "",
    "x" * 300,
)
text = st.text(max_size=70) | st.sampled_from([*LABELS, *HOSTILE])


@st.composite
def traits(draw: st.DrawFn) -> SpotTraits:
    labels = st.sampled_from(LABELS) | text
    return SpotTraits(
        words=draw(text),
        terms=tuple(draw(st.lists(text, max_size=4))),
        confused=tuple(draw(st.lists(labels, max_size=2))),
        labels=tuple(draw(st.lists(labels, max_size=2))),
        mixed=draw(st.booleans()),
        slice=draw(st.none() | st.tuples(text, text)),
    )


@given(st.lists(traits(), max_size=8), st.dictionaries(st.integers(0, 7), st.sampled_from("abc"), max_size=1))
def test_names_are_short_all_different_the_same_again_and_cannot_act(
    spots: list[SpotTraits], fixed: dict[int, str]
) -> None:
    names = name_by_traits(spots, labels=LABELS, fixed=fixed)
    assert names == name_by_traits(spots, labels=LABELS, fixed=fixed)
    assert len({name.casefold() for name in names}) == len(spots)
    for spot, name in enumerate(names):
        assert name == fixed.get(spot, name)
        assert 0 < len(name) <= LONGEST
        assert name.strip() == name
        assert not name.isdigit()
        assert name.encode("utf-8")
        assert not set(name) & set("\x1b\u202e\n\r\t\x00")


@given(text, st.integers(1, 60))
def test_a_shortened_label_fits(label: str, width: int) -> None:
    assert len(shorten(label, width, LABELS)) <= width


@pytest.mark.parametrize(
    ("label", "width", "short"),
    [
        ("refund status", 13, "refund status"),
        ("wrong exchange rate for cash withdrawal", 22, "wrong…cash withdrawal"),
        ("wrong amount of cash received", 22, "wrong…of cash received"),
        ("balance not updated after bank transfer", 28, "balance not updated…transfer"),
        ("cash withdrawal not recognised", 21, "cash…not recognised"),
        ("balance not updated after cheque or cash deposit", 15, "balance…deposit"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
    ],
)
def test_a_label_is_shortened_by_whole_words_that_mean_no_other_label(label: str, width: int, short: str) -> None:
    assert shorten(label, width, LABELS) == short


def test_labels_that_begin_alike_stay_apart_when_they_are_shortened() -> None:
    one, other = LABELS[4:6]
    (name,) = name_by_traits([SpotTraits("w", confused=(one, other))], labels=LABELS)
    first, second = name.split(" ↔ ")
    assert first != second
    assert ELLIPSIS in first + second


TWO = SpotTraits("total · forty", ("forty", "money"), confused=("refund status", "explain charge"))


def test_a_name_says_what_is_wrong_then_the_slice_then_words() -> None:
    spots = [
        TWO,
        replace(TWO, slice=("language", "de")),
        SpotTraits("w", ("lost", "abroad", "card"), labels=("card arrival",)),
        SpotTraits("w", ("charged", "double"), labels=("refund status", "charged twice")),
        SpotTraits("w", ("app", "button"), confused=("account login",), mixed=True),
        SpotTraits("w", ("wall", "left"), mixed=True),
        SpotTraits("w", ("rechnung", "konto"), slice=("language", "de")),
        SpotTraits("engineer visit · missed", ("engineer visit", "missed")),
    ]
    assert name_by_traits(spots) == (
        "refund status ↔ explain charge: forty, money",
        "refund status ↔ explain charge · de: forty, money",
        "card arrival: lost, abroad",
        "refund status + charged twice: double",
        "account login ↔ others: app, button",
        "mixed: wall, left",
        "de: rechnung, konto",
        "engineer visit · missed",
    )


def test_a_confused_pair_goes_before_what_the_spot_holds_and_a_single_label_after_it() -> None:
    pair = replace(TWO, labels=("roaming",), terms=())
    assert name_by_traits([pair]) == ("refund status ↔ explain charge",)
    assert name_by_traits([replace(pair, confused=("refund status",))]) == ("roaming",)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("true", "vip=true"), ("7", "vip=7"), ("de", "de"), ("a very long channel of messages", "a very long cha…")],
)
def test_a_value_that_says_nothing_alone_has_the_name_of_its_column(value: str, shown: str) -> None:
    (name,) = name_by_traits([SpotTraits("w", labels=("roaming",), slice=("vip", value))])
    assert name == f"roaming · {shown}"


def test_a_label_that_is_a_number_is_not_taken_for_the_number_of_a_spot() -> None:
    spots = [SpotTraits("w", labels=("3",)), SpotTraits("w", confused=("1", "2"))]
    assert name_by_traits(spots, labels=("1", "2", "3")) == ("label 3", "label 1 ↔ label 2")


def test_words_repeat_neither_the_labels_nor_each_other() -> None:
    spot = SpotTraits("w", ("refunds", "euro", "euros", "statuses", "rechnung"), labels=("refund status",))
    assert name_by_traits([spot]) == ("refund status: euro, rechnung",)


def test_spots_with_the_same_labels_have_different_words_and_at_last_their_number() -> None:
    spot = SpotTraits("w", ("lost", "abroad"), labels=("card arrival",))
    assert name_by_traits([spot] * 5) == (
        "card arrival: lost, abroad",
        "card arrival: lost",
        "card arrival: abroad",
        "card arrival #3",
        "card arrival #4",
    )
    turned = replace(TWO, confused=("explain charge", "refund status"), terms=())
    assert name_by_traits([replace(TWO, terms=()), turned]) == (
        "refund status ↔ explain charge #0",
        "explain charge ↔ refund status #1",
    )


def test_a_name_that_stays_is_given_to_no_other_spot() -> None:
    names = name_by_traits([TWO, TWO], fixed={1: "Refund status ↔ explain charge: forty, money"})
    assert names[1] == "Refund status ↔ explain charge: forty, money"
    assert names[0] == "refund status ↔ explain charge: forty"


def test_nothing_is_known_of_an_empty_spot() -> None:
    spots = [SpotTraits(""), SpotTraits("region 1"), SpotTraits("region 1")]
    assert name_by_traits(spots) == ("region 0", "region 1", "region 2")
    assert name_by_traits(spots, fixed={0: "region 2"}) == ("region 2", "region 1", "region 2-2")
    arrival = SpotTraits("w", labels=("card arrival",))
    assert name_by_traits([arrival, arrival], fixed={0: "Card arrival #1"})[1] == "card arrival"
    assert name_by_traits([arrival] * 3, fixed={0: "Card arrival #2"})[1:] == ("card arrival #1", "card arrival #2-2")
    assert name_by_traits([]) == ()
