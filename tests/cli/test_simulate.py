"""`weakspot simulate` on a small file with a tiny encoder: what it writes, how it goes on, what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import held_worker
import numpy as np
import psutil
import pytest
from command_line import Said, complaint, here
from made_project import SAMPLE, Files, change, make_files, write_csv, write_tiny_bert

from loop.cli import simulate
from loop.config import load
from loop.config.sections import Model
from loop.simulation.runner import Watch
from loop.simulation.spec import SimulationSpec
from loop.simulation.summary import Summary

pytestmark = pytest.mark.slow

HELD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import held_worker
from loop.simulation import runner
runner.work = held_worker.work
from loop.cli import main
main()
"""
"""The command with workers that stop after a few cells, so that it cannot end by itself. It heeds interrupts: a shell
has its background jobs ignore them, and their children inherit that."""


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("labelled"), pool=150, gold=40)


def options(files: Files, out: Path, *more: str | Path) -> tuple[str | Path, ...]:
    small = ("--strategies", "margin,coverage", "--seeds", "2", "--rounds", "3", "--batch", "12", "--processes", "1")
    return ("simulate", files.pool, "--base", files.base, "--out", out, *small, *more)


@pytest.fixture(scope="module")
def done(labelled: Files, tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Path]:
    out = tmp_path_factory.mktemp("done") / "out"
    said = here(*options(labelled, out))
    assert said.status == 0, said.err
    return said, out


def test_it_writes_a_table_a_summary_and_a_page(done: tuple[Said, Path]) -> None:
    said, out = done
    assert (out / "results.csv").read_text().startswith("recipe,noise,batch,strategy,labels,accuracy")
    assert json.loads((out / "summary.json").read_text())["seeds"] == 2
    assert (out / "report.html").read_text().startswith("<!doctype html>")
    assert "Wrote " in said.out
    assert "People are simulated" in said.out
    assert "kappa stability" in said.out


def test_random_is_always_among_the_strategies(done: tuple[Said, Path]) -> None:
    lines = json.loads((done[1] / "summary.json").read_text())["groups"][0]["lines"]
    assert [line["strategy"] for line in lines] == ["random", "margin", "coverage"]


def test_a_second_run_takes_up_every_cell(done: tuple[Said, Path], labelled: Files) -> None:
    cells = {place: place.stat().st_mtime_ns for place in (done[1] / "cells").iterdir()}
    said = here(*options(labelled, done[1]))
    assert "8 of 8 cells are there from an earlier run" in said.err
    assert {place: place.stat().st_mtime_ns for place in (done[1] / "cells").iterdir()} == cells


def test_a_larger_grid_makes_only_what_is_new(done: tuple[Said, Path], labelled: Files) -> None:
    said = here(*options(labelled, done[1], "--strategies", "margin,entropy"))
    assert "6 of 8 cells are there" in said.err


def test_the_json_is_the_summary(done: tuple[Said, Path], labelled: Files) -> None:
    said = here(*options(labelled, done[1], "--json"))
    here(*options(labelled, done[1]))
    assert json.loads(said.out) == json.loads((done[1] / "summary.json").read_text())


def test_a_test_file_noise_and_prices_are_taken(labelled: Files, tmp_path: Path) -> None:
    more = ("--test", labelled.gold, "--noise", "0,0.3", "--price-per-hour", "36", "--seconds", "10")
    said = here(*options(labelled, tmp_path / "out", *more, "--strategies", "random", "--audit", "0.2", "--dev", "0.1"))
    assert said.status == 0, said.err
    found = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [group["noise"] for group in found["groups"]] == [0.0, 0.3]
    assert (found["test"], found["held"], found["price"]) == (str(labelled.gold), 40, pytest.approx(0.1))


def test_recipes_that_read_layers_find_them(done: tuple[Said, Path], labelled: Files) -> None:
    said = here(*options(labelled, done[1], "--recipes", "plain,head", "--strategies", "random"))
    assert said.status == 0, said.err
    assert len(list(done[1].glob("frozen-*/layers.npy"))) == 1
    assert "recipe head" in said.out.lower()


def test_one_pass_makes_embeddings_and_layers(done: tuple[Said, Path], labelled: Files, tmp_path: Path) -> None:
    said = here(*options(labelled, tmp_path / "out", "--recipes", "plain,head", "--strategies", "random"))
    assert [line for line in said.err.splitlines() if line.startswith("embedded ")][-1] == "embedded 150/150 texts"
    assert said.err.count("embedded 150/150 texts") == 1
    (deep,) = (tmp_path / "out").glob("frozen-*/embeddings.npy")
    (flat,) = done[1].glob("frozen-*/embeddings.npy")
    np.testing.assert_allclose(np.load(deep), np.load(flat), atol=1e-5)


def test_what_is_not_proven_is_not_written(done: tuple[Said, Path], labelled: Files, fresh: Path) -> None:
    before = (fresh / "weakspot.yaml").read_text()
    said = here(*options(labelled, done[1], "--project", fresh))
    assert "Nothing is proven better: " in said.out
    assert (fresh / "weakspot.yaml").read_text() == before


def advised(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str | int], **more: str) -> None:
    real = simulate.simulated

    def proven(spec: SimulationSpec, watch: Watch) -> Summary:
        found = real(spec, watch)
        return replace(found, advice=replace(found.advice, proven=True, keys=keys, **more))

    monkeypatch.setattr(simulate, "simulated", proven)


def test_the_advice_is_written_after_its_diff_is_shown(
    done: tuple[Said, Path], labelled: Files, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised(monkeypatch, {"selection.strategy": "random", "selection.batch": 12, "model.tuning": "head"})
    place = fresh / "weakspot.yaml"
    before = place.read_text()
    place.write_bytes(before.replace("\n", "\r\n").encode())
    place.chmod(0o600)
    (fresh / "link.yaml").symlink_to(place)
    said = here(*options(labelled, done[1], "--write", fresh / "link.yaml"))
    assert "-  batch: 6" in said.out
    assert "+  batch: 12" in said.out
    assert "model.tuning stays lora, which was not simulated" in said.out
    after = before.replace("batch: 6", "batch: 12").replace("strategy: weak_spots", 'strategy: "random"')
    assert place.read_bytes() == after.replace("\n", "\r\n").encode()
    assert place.stat().st_mode & 0o777 == 0o600
    assert (fresh / "link.yaml").is_symlink()
    assert "says so already" in here(*options(labelled, done[1], "--write", place)).out


def test_results_go_into_a_folder(labelled: Files, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    said = here(*options(labelled, tmp_path / "a file"))
    assert "a file cannot be made: File exists; wanted: a folder for the results" in complaint(said)


def test_the_same_numbers_come_from_several_processes(done: tuple[Said, Path], labelled: Files, tmp_path: Path) -> None:
    said = here(*options(labelled, tmp_path / "out"), "--processes", "2")
    assert said.status == 0, said.err
    one, other = (json.loads((out / "summary.json").read_text()) for out in (done[1], tmp_path / "out"))
    for a, b in zip(one["groups"][0]["lines"], other["groups"][0]["lines"], strict=True):
        if a["strategy"] == b["strategy"]:
            assert a["accuracy"] == pytest.approx(b["accuracy"])


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on_and_leaves_no_process(labelled: Files, tmp_path: Path, blow: signal.Signals) -> None:
    out = tmp_path / "out"
    given = [*map(str, options(labelled, out)), "--rounds", "9", "--seeds", "3", "--processes", "2"]
    command = [sys.executable, "-c", HELD, *given]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    while not len(list((out / "cells").glob("*.npz"))) >= held_worker.CELLS:
        assert running.poll() is None, running.stderr
        time.sleep(0.02)
    children = _children(running.pid)
    running.send_signal(blow)
    _, err = running.communicate(timeout=300)
    assert running.returncode == (-9 if blow is signal.SIGKILL else 130)
    assert "Traceback" not in err
    assert children
    _until_gone(children)
    kept = {place: place.stat().st_mtime_ns for place in (out / "cells").glob("*.npz")}
    assert held_worker.CELLS <= len(kept) < 12
    again = here(*given)
    assert again.status == 0, again.err
    assert f"{len(kept)} of 12 cells are there from an earlier run" in again.err
    assert all(place.stat().st_mtime_ns == when for place, when in kept.items())
    assert len(list((out / "cells").glob("*.npz"))) == 12
    assert not list((out / "cells").glob(".*"))


def _children(pid: int) -> list[int]:
    return [one.pid for one in psutil.Process(pid).children(recursive=True)]


def _until_gone(pids: list[int]) -> None:
    """Ended, whether or not anybody took note: an orphan stays a zombie where nobody does."""
    until = time.monotonic() + 300
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < until, "processes of the simulation outlive it"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_several_encoders_are_compared_and_named(done: tuple[Said, Path], labelled: Files, tmp_path: Path) -> None:
    write_tiny_bert(tmp_path / "other", ["where", "is", "my", "bill", "internet", "the"])
    both, out = f"{labelled.base},{tmp_path / 'other'},{labelled.base}", done[1]
    said = here(*options(labelled, out, "--base", both))
    assert said.status == 0, said.err
    assert "8 of 16 cells are there" in said.err
    assert f"Encoder {tmp_path / 'other'}, recipe plain, batches of 12" in " ".join(said.out.split())
    found = json.loads((out / "summary.json").read_text())
    assert found["base"] == f"{labelled.base},{tmp_path / 'other'}"
    assert [group["base"] for group in found["groups"]] == [str(labelled.base), str(tmp_path / "other")]
    assert (out / "results.csv").read_text().startswith("base,recipe,noise,batch,strategy,labels,accuracy")
    assert f"<h2>Encoder {tmp_path / 'other'}, recipe plain, batches of 12</h2>" in (out / "report.html").read_text()
    again = here(*options(labelled, out))
    assert "8 of 8 cells are there from an earlier run" in again.err
    assert "Encoder " not in again.out
    assert (out / "results.csv").read_text().startswith("recipe,")


def test_labels_whose_names_tell_nothing_are_advised_a_line_each(tmp_path: Path) -> None:
    small = ("--strategies", "random", "--recipes", "head", "--seeds", "1", "--rounds", "2", "--processes", "1")
    out = tmp_path / "out"
    said = here("simulate", SAMPLE / "pool.csv", "--label", "intent", "--rows", "400", "--out", out, *small)
    assert said.status == 0, said.err
    found = {one["label"]: one for one in json.loads((out / "summary.json").read_text())["names"]}
    verdicts = {name: one["verdict"] for name, one in found.items()}
    assert (len(found), verdicts["out_of_scope"], verdicts["mobile_no_signal"]) == (24, "nothing", "enough")
    told = " ".join(said.out.split())
    assert re.search(r"The names? of [^.]*out_of_scope[^.]*: write a line each, or example phrases", told)
    assert "What the names of the labels tell" in (out / "report.html").read_text()
    said = here(
        *("simulate", SAMPLE / "pool.csv", "--label", "intent", "--rows", "400", "--out", out),
        *small,
        "--without-names",
    )
    assert json.loads((out / "summary.json").read_text())["names"] == []
    assert "write a line each" not in said.out


def test_descriptions_and_phrases_of_a_list_are_read_and_those_of_the_project_without_one(tmp_path: Path) -> None:
    pool = ("simulate", SAMPLE / "pool.csv", "--label", "intent", "--rows", "400")
    small = ("--strategies", "random", "--recipes", "head", "--seeds", "1", "--rounds", "2", "--processes", "1")
    listed, project = tmp_path / "listed", tmp_path / "project"
    said = here(*pool, *small, "--out", listed, "--label-list", SAMPLE / "labels.yaml")
    assert said.status == 0, said.err
    assert "labels.yaml: descriptions 24, phrases 0." in said.err
    found = {one["label"]: one for one in json.loads((listed / "summary.json").read_text())["names"]}
    assert all(one["described"] for one in found.values())
    assert found["change_payment_method"]["verdict"] == "enough"
    assert "What the names and descriptions of the labels tell" in (listed / "report.html").read_text()
    project.mkdir()
    labels = (SAMPLE / "labels.yaml").read_text().replace("\n", "\n  ")
    (project / "weakspot.yaml").write_text(
        f"project: {{name: desk}}\ndata: {{file: pool.csv, text: text}}\nlabels:\n  {labels}"
    )
    again = here(*pool, *small, "--out", listed, "--project", project)
    assert again.status == 0, again.err
    assert f"Read from {project / 'weakspot.yaml'}: descriptions 24, phrases 0." in again.err
    assert "2 of 2 cells are there from an earlier run" in again.err


@pytest.mark.parametrize("more", [(), ("--recipes", "head", "--without-names")], ids=["plain", "without names"])
def test_a_list_that_nothing_would_read_is_refused(more: tuple[str, ...], tmp_path: Path) -> None:
    said = here(*("simulate", SAMPLE / "pool.csv", "--out", tmp_path / "out", "--label-list", "yes,no"), *more)
    assert said.status == 1
    assert "--label-list yes,no would not be read" in said.err
    assert not (tmp_path / "out").exists()


def test_a_list_of_other_labels_is_refused_before_anything_long_begins(tmp_path: Path) -> None:
    said = here(
        *("simulate", SAMPLE / "pool.csv", "--label", "intent", "--recipes", "head", "--out", tmp_path / "out"),
        *("--label-list", "yes,no"),
    )
    assert said.status == 1
    assert "--label-list yes,no has none of the labels of the file" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Model(base="minilm"), None),
        (Model(base="elsewhere/large"), ", which was not simulated"),
        (Model(embedder="elsewhere/small"), ": model.embedder names another encoder, elsewhere/small"),
        (Model(revision="abc"), ": model.revision abc belongs to it"),
    ],
)
def test_another_base_is_written_only_in_the_place_of_one_that_was_simulated(model: Model, why: str | None) -> None:
    assert simulate.base_stays(model, {"minilm", "/some/folder"}) == why


def test_a_proven_encoder_is_written_with_its_whole_path(
    done: tuple[Said, Path], labelled: Files, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(fresh, {"model.base": str(labelled.base)})
    monkeypatch.chdir(labelled.base.parent)
    advised(monkeypatch, {"model.base": "tiny"}, base="tiny")
    here(*options(labelled, done[1], "--project", fresh))
    assert load(fresh / "weakspot.yaml").model.base == str(labelled.base)
    change(fresh, {"model.base": "minilm"})
    assert (
        "model.base stays minilm, which was not simulated" in here(*options(labelled, done[1], "--project", fresh)).out
    )


REFUSED = [
    (("--strategies", "margn"), "unknown strategy 'margn'.*did you mean \"margin\""),
    (("--recipes", "plian"), "unknown recipe 'plian'.*did you mean \"plain\""),
    (("--batch", "100"), "batches of 100 with a pool of 120 texts; wanted: a pool that holds two batches"),
    (("--batch", "2,40"), "6 answers in the smallest batches and 40 in the first large one"),
    (("--batch", "2", "--audit", "0.8"), "take all of a batch of 2; wanted: at least one pick"),
    (("--batch", "x"), "--batch x; wanted: whole numbers with commas"),
    (("--noise", "0.7"), "--noise 0.7; wanted: 0 to 0.5"),
    (("--seeds", "0"), "--seeds 0; wanted: 1 to 100"),
    (("--label", "intnt"), "no column 'intnt'.*did you mean \"intent\""),
    (("--labels", "90"), "both --rounds and --labels are given"),
    (("--held", "0.01"), "texts to measure on; wanted: 10 or more"),
    (("--noise", ""), "--noise is empty; wanted: at least one value"),
    (("--recipes", ""), "--recipes is empty; wanted: at least one value"),
    (("--audit", "nan"), "wanted: shares of the batch from 0 to 0.9"),
    (("--base", ","), "--base is empty; wanted: at least one value"),
    (("--base", "minilm,/no/such/folder"), "no folder /no/such/folder; wanted: a base model"),
    (("--base", "/no/such/folder"), "no folder /no/such/folder; wanted: a base model"),
    (
        ("--base", "minilm,a", "--recipes", "lora"),
        "tunes minilm, --base is minilm,a; .* own with --base minilm, leave out",
    ),
    (("--recipes", "plain,lora"), "the recipe 'lora' tunes minilm, --base is "),
    (("--audit", "0.6", "--dev", "0.6"), "wanted: shares of the batch from 0 to 0.9"),
    (("--price-per-hour", "30"), "only one of --price-per-hour and --seconds"),
    (
        ("--price-per-label", "1", "--seconds", "5"),
        "--price-per-label is given, and --price-per-hour or --seconds as well",
    ),
    (("--write", "nowhere.yaml"), "nowhere.yaml cannot be read"),
]


@pytest.mark.parametrize(("more", "told"), REFUSED)
def test_what_cannot_be_done_is_told_before_anything_long_begins(
    labelled: Files, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    said = here(*options(labelled, tmp_path / "out", *more))
    assert re.search(told, complaint(said))
    assert not (tmp_path / "out").exists()


def test_a_file_without_labels_is_refused(labelled: Files, tmp_path: Path) -> None:
    write_csv(tmp_path / "texts.csv", [{"text": f"some message of a person {row}"} for row in range(60)])
    said = here("simulate", tmp_path / "texts.csv", "--out", tmp_path / "out")
    assert "no column is known to hold labels" in complaint(said)
