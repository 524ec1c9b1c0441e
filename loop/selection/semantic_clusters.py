"""Which of several answers mean the same: texts → a group number each.

Groups are numbered in the order of their first text, from 0. Short structured answers (dates, amounts, labels) are
grouped by their words: a sentence encoder cannot tell 3 May from 4 May. Sentences need a model of entailment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loop.wording import folded

Entails = Callable[[Sequence[str], Sequence[str]], Sequence[bool]]
"""Premises and hypotheses, (n,) each → whether each premise entails its hypothesis."""


def meanings_by_text(texts: Sequence[str]) -> tuple[int, ...]:
    """(n,) groups of texts with the same words by the rule of `loop.wording.folded`."""
    groups: dict[str, int] = {}
    return tuple(groups.setdefault(folded(text), len(groups)) for text in texts)


def meanings_by_entailment(texts: Sequence[str], entails: Entails) -> tuple[int, ...]:
    """(n,) groups: a text joins the first group whose first text it entails and is entailed by.

    `entails` is asked once, for all ordered pairs of different wordings; put the prompt before each text when an answer
    means nothing without it. Kuhn, Gal and Farquhar 2023, Semantic uncertainty (algorithm 1).
    """
    wordings = meanings_by_text(texts)
    firsts = [texts[wordings.index(number)] for number in range(len(set(wordings)))]
    pairs = [(one, other) for one in range(len(firsts)) for other in range(len(firsts)) if one != other]
    told = entails([firsts[one] for one, _ in pairs], [firsts[other] for _, other in pairs]) if pairs else ()
    follows = dict(zip(pairs, map(bool, told), strict=True))
    heads: list[int] = []
    group_of = []
    for text in range(len(firsts)):
        same = [place for place, head in enumerate(heads) if follows[head, text] and follows[text, head]]
        if not same:
            heads.append(text)
        group_of.append(same[0] if same else len(heads) - 1)
    return tuple(group_of[wording] for wording in wordings)
