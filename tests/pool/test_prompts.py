"""Prompts for models that write: chats, contexts, references, from files to the pool."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import Table

from loop.errors import DataError
from loop.pool import (
    Built,
    Columns,
    LeakGuard,
    Pool,
    build,
    example_id,
    guess,
    guess_prompts,
    holds_chats,
    read,
    read_prompts,
    recognise,
    retained,
    write,
    write_table,
)
from loop.pool.turns import as_read, restored, stored
from loop.records import Example, Message, Split

PROMPTS = Columns("prompt", "reference", context="context", writing=True)
CHATS = Columns("messages", writing=True, chat=True)
ASKED = {"role": "user", "content": "No signal."}
ANSWERED = {"role": "assistant", "content": "Please restart it."}
RULES = {"role": "system", "content": "Be brief."}


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def built(path: Path, columns: Columns = PROMPTS, *, gold: Path | None = None, **options: Any) -> Built:
    rng = np.random.default_rng(0)
    return build(recognise(path), columns, rng=rng, gold=recognise(gold) if gold else None, **options)


def pool_of(result: Built, folder: Path) -> Pool:
    write_table(result.table, folder / "examples.parquet")
    return Pool.open(folder / "examples.parquet")


def chats(folder: Path, *messages: Any) -> Path:
    return lines(folder / "chats.jsonl", [{"messages": one} for one in messages])


def test_a_prompt_has_its_context_and_hides_its_reference(table: Table, tmp_path: Path) -> None:
    path = table(["prompt", "reference", "context"], [("When?", "In May.", "Due: May"), ("Why?", "", "")])
    pool = pool_of(built(path), tmp_path)
    first, second = pool.examples(pool.ids())
    assert (first.text, first.context, first.label) == ("When?", "Due: May", None)
    assert first.chat == (Message("user", "Due: May\n\nWhen?"),)
    assert (second.context, second.chat) == ("", (Message("user", "Why?"),))
    assert pool.references_for_simulation() == {first.id: ("In May.",)}


def test_the_answer_a_chat_ends_with_is_its_reference_and_no_part_of_the_prompt(tmp_path: Path) -> None:
    path = chats(tmp_path, [RULES, ASKED, ANSWERED, {"role": "user", "content": "And now?"}, ANSWERED])
    pool = pool_of(built(path, CHATS), tmp_path)
    (one,) = pool.examples(pool.ids())
    assert one.text == "User: No signal.\nAssistant: Please restart it.\nUser: And now?"
    assert [turn.role for turn in one.chat] == ["system", "user", "assistant", "user"]
    assert pool.references_for_simulation() == {one.id: ("Please restart it.",)}


def test_a_single_turn_is_read_without_its_speaker(tmp_path: Path) -> None:
    pool = pool_of(built(chats(tmp_path, [RULES, ASKED]), CHATS), tmp_path)
    (one,) = pool.examples(pool.ids())
    assert (one.text, one.chat) == ("No signal.", (Message("system", "Be brief."), Message("user", "No signal.")))
    assert pool.references_for_simulation() == {}


def test_a_column_of_references_counts_more_than_the_last_answer(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"messages": [ASKED, ANSWERED], "better": "Hold the button."}])
    columns = Columns("messages", "better", writing=True, chat=True)
    assert built(path, columns).table.column("label").to_pylist() == ["Hold the button."]


def test_turns_of_the_sharegpt_format_and_parts_of_text_are_read(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "No signal."}, {"type": "text", "text": "Since noon."}]
    told = [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hi"}]
    table = built(chats(tmp_path, told, [{"role": "user", "content": parts}]), CHATS).table
    assert table.column("text").to_pylist() == ["Hello", "No signal.\nSince noon."]
    assert table.column("label").to_pylist() == ["Hi", None]


def test_chats_in_csv_and_in_parquet_read_the_same(table: Table, tmp_path: Path) -> None:
    chat = [RULES, ASKED, ANSWERED]
    pq.write_table(pa.table({"messages": [chat]}), tmp_path / "chats.parquet")
    as_csv = built(table(["messages"], [[json.dumps(chat)]]), CHATS).table
    assert as_csv.to_pylist() == built(tmp_path / "chats.parquet", CHATS).table.to_pylist()
    assert holds_chats(recognise(tmp_path / "chats.parquet"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("[{'role': 'user', 'content': 'hi'}]", r"row 2: the messages are no JSON .*wanted: a JSON list.*json\.dumps"),
        ('{"role": "user", "content": "hi"}', r"row 2: the messages are no list but an object.*wanted: a JSON list"),
        ('[{"content": "hi"}]', r"row 2, turn 1 has no role, only content.*wanted: a JSON list"),
        ('["hi"]', r"row 2, turn 1 is a text.*wanted: an object with role and content"),
        (
            '[{"role": "tool", "content": "3"}]',
            r"turn 1 has the role 'tool'.*system, user or assistant.*leave out chats that use tools",
        ),
        ('[{"role": "user"}]', r"turn 1 has no text but nothing.*wanted: a text as content"),
        ('[{"role": "user", "content": [{"type": "image_url"}]}]', r"a part that is no text \(image_url\).*texts only"),
        (json.dumps([ASKED, ANSWERED, ANSWERED]), r"what is to be answered is a turn of the assistant"),
        (json.dumps([ASKED, ANSWERED, RULES, ASKED]), r"a system turn stands in the middle.*move it up"),
    ],
)
def test_messages_in_no_known_form_are_told_with_row_and_turn(table: Table, cell: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        built(table(["messages"], [[cell]]), CHATS)


def test_chats_of_the_hub_read_as_those_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    talks = [[RULES, ASKED, ANSWERED], [{"role": "user", "content": "And now?"}]]
    asked: list[tuple[Any, ...]] = []

    def load_dataset(name: str, config: str | None, *, split: str, revision: str | None) -> Any:
        asked.append((name, config, split, revision))
        return datasets.Dataset.from_dict({"messages": talks, "source": ["mail", "chat"]})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    address = "hf://someone/support?split=test&config=de&revision=v2"
    source = recognise(address)
    assert (source.format, source.columns, holds_chats(source)) == ("hub", ("messages", "source"), True)
    pool = pool_of(build(source, CHATS, rng=np.random.default_rng(0)), tmp_path)
    first, second = pool.examples(pool.ids())
    assert first.chat == (Message("system", "Be brief."), Message("user", "No signal."))
    assert pool.references_for_simulation() == {first.id: ("Please restart it.",)}
    assert second.chat == (Message("user", "And now?"),)
    assert set(asked) == {("someone/support", "de", "test", "v2")}
    file = read_prompts(recognise(chats(tmp_path, *talks)))
    assert [one.chat for one in read_prompts(source)] == [one.chat for one in file]


@pytest.mark.parametrize(("who", "what"), [("role", "content"), ("from", "value")])
def test_a_chat_that_the_hub_hands_out_as_an_object_of_lists_is_a_list_of_turns(
    who: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict({"messages": [{who: ["user", "assistant"], what: ["No signal.", "Restart it."]}]})
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: rows)
    (one,) = read_prompts(recognise("hf://someone/support"))
    assert one.chat == (Message("user", "No signal."),)


def test_messages_of_the_hub_in_no_known_form_are_told_with_their_row(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    odd = [[ASKED], [{"role": "tool", "content": "42"}]]
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: datasets.Dataset.from_dict({"messages": odd}))
    with pytest.raises(DataError, match=r"row 2, turn 1 has the role 'tool'"):
        read_prompts(recognise("hf://someone/support"))


def test_chats_that_ask_nothing_are_counted_and_left_out(tmp_path: Path) -> None:
    nothing = [{"role": "user", "content": "  "}]
    result = built(chats(tmp_path, [], [ASKED], nothing, [ANSWERED]), CHATS)
    assert result.summary.sentence() == "1 prompts: 1 pool, 0 seed, 0 gold; 3 without text left out"


def test_a_list_holds_several_references_and_a_text_is_one_even_when_it_looks_like_a_list(tmp_path: Path) -> None:
    rows = [{"p": "Name two colours.", "r": ["red, blue", " ", "green, red"]}, {"p": "As JSON.", "r": '["red"]'}]
    path = lines(tmp_path / "a.jsonl", rows)
    pool = pool_of(built(path, Columns("p", "r", writing=True), seed_labels=2), tmp_path)
    first, second = pool.ids()
    assert pool.references(Split.SEED) == {first: ("red, blue", "green, red"), second: ('["red"]',)}
    assert pool.seed_labels() == {first: "red, blue", second: '["red"]'}


def test_a_reference_that_is_an_object_is_refused_with_its_row(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"p": "Who?", "r": {"text": "me"}}])
    with pytest.raises(DataError, match=r"row 1: the reference is neither a text nor a list.*wanted: an answer"):
        built(path, Columns("p", "r", writing=True))


def test_equal_prompts_are_one_prompt_with_all_their_references(table: Table, tmp_path: Path) -> None:
    rows = [("When?", "In May.", "a"), ("When? ", "Next May.", "a"), ("When?", "In May.", "a"), ("When?", "Now.", "b")]
    result = built(table(["prompt", "reference", "context"], rows))
    assert (result.summary.pool, result.summary.duplicates, result.summary.conflicts) == (2, 2, ())
    assert set(pool_of(result, tmp_path).references_for_simulation().values()) == {("In May.", "Next May."), ("Now.",)}


def test_references_of_the_pool_stay_hidden(table: Table, tmp_path: Path) -> None:
    pool = pool_of(built(table(["prompt", "reference", "context"], [("When?", "In May.", "")])), tmp_path)
    assert pool.references(Split.GOLD, Split.SEED) == {}
    with pytest.raises(DataError, match="the references of the pool are hidden"):
        pool.references(Split.POOL)


MANY = [
    (f"Question {number * 7919} about {chr(97 + number % 26) * 9}?", f"Answer {number}.", "") for number in range(60)
]


def test_no_reference_is_trained_on_unless_some_are_asked_for(table: Table, tmp_path: Path) -> None:
    path = table(["prompt", "reference", "context"], MANY)
    assert built(path).summary.sentence() == "60 prompts: 60 pool, 0 seed, 0 gold; 60 with a reference"
    result = built(path, seed_labels=10, gold_share=0.25)
    assert (result.summary.seed, result.summary.gold, result.labels) == (10, 15, ())
    assert len(pool_of(result, tmp_path).references(Split.SEED)) == 10


def test_without_references_gold_is_a_share_of_all_prompts_and_says_what_is_lost(table: Table) -> None:
    result = built(table(["prompt", "reference", "context"], [(*row[:1], "", "") for row in MANY]), gold_share=0.1)
    assert result.summary.gold == 6
    assert result.summary.warnings()[0].startswith("6 of 6 gold prompts have no reference: what compares with")


def test_more_demonstrations_than_references_are_refused(table: Table) -> None:
    with pytest.raises(DataError, match=r"--seed-labels 61, but .* has 60 labelled rows.*wanted: 0 to 60"):
        built(table(["prompt", "reference", "context"], MANY), seed_labels=61)


SOURCE = "The concert of the town orchestra takes place on the third of May in the old hall beside the river."
OTHER = "Tickets for the museum are free for children under twelve, for students and for teachers with their class."


def test_neither_two_questions_on_one_source_nor_one_instruction_on_two_sources_are_a_leak() -> None:
    guard = LeakGuard(["Sum this up in one sentence."], contexts=[SOURCE])
    asked = [
        "Sum this up in one sentence.",
        "Who plays?",
        "Sum this up in one sentence",
        "Sum this up in one sentence.",
    ]
    leaks = guard.find(asked, [OTHER, SOURCE, SOURCE.replace("third", "4th"), SOURCE])
    assert [(leak.row, leak.grade) for leak in leaks] == [(2, "near"), (3, "same")]


def test_prompts_of_gold_are_set_aside_with_their_context(table: Table) -> None:
    header = ["prompt", "reference", "context"]
    data = table(header, [("Sum this up.", "", SOURCE), ("Sum this up!", "", OTHER)], "data.csv")
    result = built(data, gold=table(header, [("Sum this up.", "A concert.", SOURCE)], "gold.csv"))
    rows = [(row["split"], row["context"]) for row in result.table.to_pylist()]
    assert rows == [("quarantined", SOURCE), ("pool", OTHER), ("gold", SOURCE)]
    assert len(set(result.table.column("id").to_pylist())) == 3


def test_ids_tell_contexts_and_turns_apart_and_stay_as_they_were_without() -> None:
    assert example_id("When?", None) == example_id("When?", None, rest="")
    assert len({example_id("When?", None, rest=rest) for rest in ("", "a\x00", "\x00a")}) == 3
    assert example_id("no wifi", "m1") == "86875740ec990ceb"


def test_files_without_prompts_have_no_column_for_them(tmp_path: Path) -> None:
    write([Example("0" * 16, "hi", Split.POOL)], tmp_path / "a.parquet")
    assert pq.read_schema(tmp_path / "a.parquet").names == ["id", "text", "split", "label", "source_id", "reason"]


TURNS = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), st.text()), max_size=4)


@given(chat=TURNS)
def test_stored_turns_come_back(chat: list[Message]) -> None:
    assert restored(stored(tuple(chat))) == tuple(chat)
    assert all(turn.content in as_read(tuple(chat)) for turn in chat if turn.role != "system")


def test_written_prompts_read_back(tmp_path: Path) -> None:
    one = Example("0" * 16, "hi", Split.POOL, context="facts", messages=(Message("user", "hi"),))
    write([one], tmp_path / "a.parquet", writing=True)
    assert list(read(tmp_path / "a.parquet")) == [one]


FREE = "a longer answer with several words in it, number"


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        (["id", "text", "context", "channel", "reference"], ("text", "reference", "context")),
        (["instruction", "input", "output"], ("instruction", "output", "input")),
        (["prompt_id", "question", "passage", "answer"], ("question", "answer", "passage")),
        (["prompt", "completion"], ("prompt", "completion", None)),
        (["input", "target"], ("input", "target", None)),
        (["document", "request", "response"], ("request", "response", "document")),
    ],
)
def test_prompt_reference_and_context_are_known_by_their_names(
    table: Table, columns: list[str], wanted: tuple[str, str, str | None]
) -> None:
    rows = [
        [
            f"m{n}" if "id" in name else ["web", "mail"][n % 2] if name == "channel" else f"{FREE} {n}"
            for name in columns
        ]
        for n in range(8)
    ]
    found = guess_prompts(recognise(table(columns, rows))).columns
    assert (found.text, found.label, found.context) == wanted
    assert (found.writing, found.chat) == (True, False)


def test_what_is_guessed_of_prompts_is_told(tmp_path: Path) -> None:
    found = guess_prompts(recognise(chats(tmp_path, [ASKED, ANSWERED])))
    assert found.columns == CHATS
    said = " ".join(found.sentences)
    assert "Prompt: column 'messages', up to the answer each chat ends with." in said
    assert "Reference: the answer each chat ends with" in said


def test_data_that_look_like_the_other_task_are_told_so(table: Table) -> None:
    answers = table(["prompt", "response"], [[f"{FREE} {n}?", f"{FREE} {n}."] for n in range(9)], "answers.csv")
    assert guess(recognise(answers)).sentences[-1] == (
        "Column 'response' looks like answers that a model should write: for that give --task generation."
    )
    classes = table(["text", "target"], [[f"{FREE} {n}", ["yes", "no"][n % 2]] for n in range(9)], "classes.csv")
    assert guess_prompts(recognise(classes)).sentences[-1] == (
        "Column 'target' has only 2 different values: if people choose among them, give --task classification."
    )


def test_an_empty_name_means_that_there_is_no_such_column(table: Table) -> None:
    path = table(["prompt", "context", "answer"], [[f"{FREE} {n}", f"{FREE} {n}", f"{FREE} {n}"] for n in range(4)])
    found = guess_prompts(recognise(path), label="", context="").columns
    assert (found.label, found.context) == (None, None)


def test_prompts_to_answer_are_read_in_order_and_equal_ones_kept(table: Table) -> None:
    path = table(["prompt", "context", "plan"], [("Why?", "a b c", "x"), ("Why?", "a b c", "x"), ("", "", "")])
    found = read_prompts(recognise(path))
    assert [(one.text, one.context, one.metadata, one.split) for one in found] == [
        ("Why?", "a b c", {"plan": "x"}, Split.POOL)
    ] * 2


def test_a_retention_set_has_the_columns_of_the_data_and_a_reference_each(table: Table) -> None:
    columns = Columns("prompt", "reference", writing=True)
    kept = retained(recognise(table(["prompt", "reference"], [("2 + 2?", "4")])), columns)
    assert [(row["split"], row["label"]) for row in kept.to_pylist()] == [("gold", "4")]
    with pytest.raises(
        DataError, match=r"has no column 'prompt', only question.*wanted: the columns of the data.*rename"
    ):
        retained(recognise(table(["question"], [["2 + 2?"]])), columns)
    with pytest.raises(DataError, match=r"1 of 2 prompts have no reference, the first is row 3.*wanted: a reference"):
        retained(recognise(table(["prompt", "reference"], [("2 + 2?", "4"), ("3 + 3?", "")])), columns)


def test_real_sets_are_read_with_all_their_references(datasets: Path, tmp_path: Path) -> None:
    source = recognise(datasets / "e2e_nlg" / "test.jsonl")
    found = guess_prompts(source).columns
    assert (found.text, found.label) == ("text", "references")
    pool = pool_of(build(source, found, rng=np.random.default_rng(0)), tmp_path)
    assert pool.rows == 630
    assert max(map(len, pool.references_for_simulation().values())) > 5
