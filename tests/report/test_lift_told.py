"""The lift meter and the proxy in words."""

from __future__ import annotations

from dataclasses import replace

from loop.report import Lift, ProxyCheck, lift_in_words, proxy_in_words

PAYS = Lift(
    round=4, answers=84, n=110, difference=0.061, low=0.012, high=0.11, random_error=0.2, picked_error=0.139,
    saved=0.38, saved_low=0.05, saved_high=0.61, verdict="picking pays", passed_over="",
)  # fmt: skip


def test_a_lift_is_told_in_points_with_what_it_saves() -> None:
    assert lift_in_words(PAYS) == (
        "Picking against random, at 84 answers each: 6.1 points fewer errors (1.2 to 11.0): picking pays, "
        "about 38 % of the labels saved (5 to 61)."
    )


def test_an_end_beyond_what_could_be_tried_is_left_open() -> None:
    assert "saved (5 or more)" in lift_in_words(replace(PAYS, saved_high=None))


def test_without_proof_no_saving_is_told() -> None:
    told = lift_in_words(replace(PAYS, difference=0.02, low=-0.031, high=0.071, verdict="no proof yet"))
    assert told == "Picking against random, at 84 answers each: 2.0 points fewer errors (-3.1 to 7.1): no proof yet."


def test_a_loss_is_told_as_more_errors_and_who_was_passed_over() -> None:
    bad = replace(
        PAYS, difference=-0.04, low=-0.07, high=-0.01, verdict="picking does not pay", passed_over="weak_spots"
    )
    assert lift_in_words(bad) == (
        "Picking against random, at 84 answers each: 4.0 points more errors (1.0 to 7.0): picking does not pay. "
        "The newest batch was drawn at random from every region instead of picked by weak_spots."
    )


def test_the_proxy_is_told_with_the_errors_of_both() -> None:
    found = ProxyCheck(4, 0.931, 0.915, 0.944, 1200, {"gold": (0.081, 0.052), "audit": (0.1, None)})
    assert proxy_in_words(found) == (
        "Round 4: the cheap head and the tuned model agree on 93.1 % of 1,200 unlabelled texts (91.5 to 94.4); "
        "wrong on gold: 8.1 % head, 5.2 % tuned."
    )
