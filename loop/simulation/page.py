"""A Summary → one HTML page that needs nothing beside itself: no script, no network, light and dark.

advice ─► what was simulated ─► per group: curves, labels needed, tables, stopping rules ─► what names tell ─► how to
read it
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite

from loop.formatting import amount
from loop.simulation import plots
from loop.simulation.advice import aimed, spoken
from loop.simulation.groups import Group, Reach, RuleLine
from loop.simulation.measures import Mean, Ratio
from loop.simulation.name_evidence import ENOUGH, LITTLE, NOTHING, NameEvidence
from loop.simulation.page_style import STYLE
from loop.simulation.stopping import PLANNERS
from loop.simulation.summary import Summary

READING = (
    (
        "A replay, not a promise",
        "Rounds were replayed on labelled data; people were simulated. The file's labels are taken for the truth, so "
        "wrong labels in it count against every strategy.",
    ),
    (
        "Intervals",
        "± is the 95 % Student interval over seeds. Each seed draws its own held-out part and pool, the same for all "
        "strategies: differences are paired, and surer than two overlapping bands suggest.",
    ),
    (
        "Shares of random's labels",
        "0.40 means: the same accuracy with 40 % of the labels. Read on mean curves, straight between rounds; the "
        "interval comes from drawing seeds anew and is somewhat too narrow with few of them. “At least” and “at most” "
        "stand where one of the two did not reach the target, “not reached” where neither did; “both at once” "
        "where both had it with their first labels.",
    ),
    ("Of full accuracy", "Full accuracy is that of the same recipe trained on the answers to the whole pool."),
    (
        "Stopping",
        "The best round to stop in is the first after which the error rate falls by one point at most. Wasted are the "
        "answers after it, missed is the error rate above that at the end of the run.",
    ),
)


def page(summary: Summary) -> str:
    """The page as text; every text from data is escaped."""
    groups = "".join(_group(group, summary, place) for place, group in enumerate(summary.groups))
    reading = "".join(f"<dt>{escape(head)}</dt><dd>{escape(words)}</dd>" for head, words in READING)
    title = f"Labels needed: {summary.file}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"{_head(summary)}{groups}{_names(summary)}"
        f'<section><h2>How to read this</h2><dl class="reading">{reading}</dl></section>'
        "<footer>Made by weakspot simulate. No data leaves this page.</footer></main></body></html>\n"
    )


def _head(summary: Summary) -> str:
    advice = summary.advice
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in advice.sentences)
    lines = "\n".join(f"{key}: {value}" for key, value in advice.keys.items())
    keys = f'<pre aria-label="Keys for weakspot.yaml">{escape(lines)}</pre>' if lines else ""
    measured = f"{summary.held:,} of {summary.test}" if summary.test else f"{summary.held:,} held out, anew a seed"
    facts = (
        ("Data", summary.file),
        ("Classes", f"{summary.classes:,}"),
        ("Pool", f"{summary.pool:,} texts"),
        ("Measured on", measured),
        ("Seeds", str(summary.seeds)),
        ("Encoders" if summary.several else "Encoder", ", ".join(summary.bases)),
        *((("Price of an answer", amount(summary.price, summary.currency)),) if summary.price is not None else ()),
        *((("Audit, dev shares", f"{summary.audit:g}, {summary.dev:g}"),) if summary.audit or summary.dev else ()),
    )
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    state = "proven" if advice.keys else "open"
    verdict = "Recommended" if advice.keys else "No proof"
    return (
        '<header><p class="kicker">weakspot simulate</p><h1>Which way needs the fewest labels?</h1>'
        f'<div class="advice {state}"><p class="verdict">{verdict}</p><p class="headline">{escape(advice.headline)}</p>'
        f"{sentences}{keys}</div>"
        f'<dl class="facts">{told}</dl></header>'
    )


def _group(group: Group, summary: Summary, place: int) -> str:
    chosen = summary.advice.strategy
    title = group.title(with_base=summary.several)
    target = _drawn_target(group)
    shares = plots.shares(group.lines, target, chosen=chosen, name=f"n{place}") if target else ""
    needed = f"<h3>Labels needed for {escape(aimed(target))}</h3><figure>{shares}</figure>" if target and shares else ""
    tables = f"{_needed(group, summary.currency)}{_wholes(group, with_base=summary.several)}{_rules(group.rules)}"
    return (
        f"<section><h2>{escape(title[0].upper() + title[1:])}</h2>"
        f"<figure>{plots.curves(group, chosen=chosen, name=f'c{place}', with_base=summary.several)}"
        "<figcaption>Accuracy by labels given; bands are 95 % intervals over seeds.</figcaption></figure>"
        f"{_accuracies(group)}{needed}{tables}</section>"
    )


def _drawn_target(group: Group) -> str | None:
    """The target that most strategies reached, of equal ones that at 95 %."""
    names = [reach.name for reach in group.lines[0].reaches]

    def reached(name: str) -> tuple[int, bool]:
        own = [reach for line in group.lines for reach in line.reaches if reach.name == name and reach.ratio]
        return sum(reach.ratio is not None and reach.ratio.bound == "exact" for reach in own), name.startswith("95")

    best = max(names, key=reached)
    return best if reached(best)[0] else None


def _accuracies(group: Group) -> str:
    last = len(group.asked) - 1
    places = sorted({round(last * step / 4) for step in range(5)})
    head = [*(f"{group.asked[at]:,}" for at in places), "whole curve", "against random"]
    rows: list[Row] = []
    for line in group.lines:
        points = [_percent(Mean(line.accuracy[at], line.half[at])) for at in places]
        lead = "–" if line.against_random is None else _percent(line.against_random, sign=True)
        state = "" if line.against_random is None else _state(line.against_random)
        seconds = f"{line.picking_s:.2f} / {line.fitting_s:.2f}"
        rows.append((line.strategy, [*points, _percent(line.area), (lead, state), seconds]))
    return _table("Accuracy in percent by labels given", "strategy", [*head, "s to pick / fit"], rows)


def _needed(group: Group, currency: str) -> str:
    head = [f"{reach.name} ({100 * reach.accuracy:.1f} %)" for reach in group.lines[0].reaches]
    rows: list[Row] = [(line.strategy, [_reach(reach, currency) for reach in line.reaches]) for line in group.lines]
    return _table("Labels needed: random's, and the others as a share of them", "strategy", head, rows)


def _wholes(group: Group, *, with_base: bool) -> str:
    """Nothing for the first encoder with the first recipe. with_base: whether there are several encoders."""
    wholes = [(line.strategy, line.whole) for line in group.lines if line.whole]
    if not wholes:
        return ""
    first = wholes[0][1]
    rows: list[Row] = [
        (strategy, [_share(whole.ratio), (_percent(whole.area, sign=True), _state(whole.area))])
        for strategy, whole in wholes
    ]
    head = [f"labels for 95 % of its full accuracy ({100 * first.accuracy:.1f} %)", "whole curve"]
    caption = f"Recipe and picks together, against {first.recipe} with random picks"
    if with_base:
        caption = f"Encoder, recipe and picks together, against {first.base}, {first.recipe} with random picks"
    return _table(caption, "strategy", head, rows)


def _names(summary: Summary) -> str:
    """How informative what is known of each label is, the least first; nothing where no recipe reads names."""
    tables = []
    read = "names and descriptions" if any(one.described for one in summary.names) else "names"
    for base in summary.bases:
        own = [one for one in summary.names if one.base == base and one.recall is not None]
        rows: list[Row] = [
            (one.label, [f"{one.n:,}", _share_of(one.recall), _share_of(one.chance), _verdict(one)])
            for one in sorted(own, key=lambda one: one.recall or 0.0)
        ]
        if rows:
            weak = sum(one.verdict in (NOTHING, LITTLE) for one in own)
            title = f"{weak} of {len(own)} {read} tell little or nothing" + (f", encoder {base}" * summary.several)
            head = ["texts", "found", "by chance", "they tell"]
            inside = _table("Found before the first answer", "label", head, rows)
            tables.append(f"<details><summary>{escape(title)}</summary>{inside}</details>")
    if not tables:
        return ""
    about = (
        "Texts that the model before the first answer gives their label. A line each helps where names tell little, "
        "phrases where lines do."
    )
    return f"<section><h2>What the {read} of the labels tell</h2><p>{about}</p>{''.join(tables)}</section>"


def _share_of(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _verdict(found: NameEvidence) -> tuple[str, str]:
    """The verdict and its class."""
    return (found.verdict, "" if found.verdict == ENOUGH else "bad") if found.verdict else ("too few texts", "")


def _share(found: Ratio) -> tuple[str, str]:
    return spoken(found), "good" if found.high < 1 else "bad" if found.low > 1 else ""


def _reach(reach: Reach, currency: str) -> tuple[str, str]:
    if reach.ratio is not None:
        told, state = _share(reach.ratio)
    else:
        state = ""
        told = f"{reach.needed.high:,.0f} labels" if isfinite(reach.needed.high) else f"over {reach.needed.low:,.0f}"
        told = f"at most {told}" if reach.needed.low == 0 else told
    return (told if reach.cost is None else f"{told}, {amount(reach.cost, currency)}"), state


def _rules(rules: Sequence[RuleLine]) -> str:
    rows: list[Row] = []
    for rule in rules:
        if rule.strategy:
            continue
        figures = ["–", "–", "–"]
        if rule.round is not None and rule.wasted is not None and rule.missed is not None:
            figures = [f"{rule.round:.0f}", f"{rule.wasted:,.0f}", f"{100 * rule.missed:+z.1f}"]
        origin = "weakspot plan" if rule.rule in PLANNERS else "published"
        rows.append((rule.rule, [origin, f"{rule.stopped} of {rule.projects}", *figures]))
    head = ["from", "stopped", "median round", "answers wasted", "error missed, points"]
    return _table("When stopping rules would have stopped, over all strategies and seeds", "rule", head, rows)


Cell = str | tuple[str, str]
"""Words, or words and a class."""
Row = tuple[str, Sequence[Cell]]


def _table(caption: str, first: str, head: Sequence[str], rows: Sequence[Row]) -> str:
    columns = "".join(f'<th scope="col">{escape(one)}</th>' for one in (first, *head))
    lines = []
    for name, cells in rows:
        pairs = [(cell, "") if isinstance(cell, str) else cell for cell in cells]
        inside = "".join(f'<td class="{state}">{escape(words)}</td>' for words, state in pairs)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{inside}</tr>')
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _percent(value: Mean, *, sign: bool = False) -> str:
    number = f"{100 * value.value:+z.1f}" if sign else f"{100 * value.value:.1f}"
    return number if value.half is None else f"{number} ± {100 * value.half:.1f}"


def _state(lead: Mean) -> str:
    return "good" if lead.above_zero else "bad" if lead.below_zero else ""
