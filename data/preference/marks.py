"""What the hidden rubric says of each round of the demo: mean marks of the greedy answers to gold, with intervals.

python data/preference/marks.py data/demo-preference

The loop never sees these figures: the rubric is what its SIMULATED experts judge by.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from loop.evaluation.intervals import bootstrap
from loop.evaluation.texts.checks import load_function
from loop.ledger import figures
from loop.project import open_project
from loop.records import FloatArray, Split
from loop.tasks.generation import answers as files
from loop.tasks.generation.references import columns_of

HERE = Path(__file__).parent


def main() -> None:
    """Prints one line per round."""
    mark = load_function("rubric.py:score", HERE)
    with open_project(Path(sys.argv[1]), read_only=True) as project:
        pool = project.pool
        ids = pool.ids(Split.GOLD)
        columns = columns_of(pool.examples(ids), pool.references(Split.GOLD), metadata=pool.metadata_columns)
        with project.ledger.read() as connection:
            rounds = [row.round for row in figures.models(connection)]
        lines = [f"Mean marks by the rubric of the simulated experts, 0 to 1, on {len(ids)} gold prompts:"]
        for round_ in rounds:
            written = files.load(project.artifacts.open(f"rounds/{round_:03d}/evaluate")).greedy
            marks = np.array([mark(written[id_].text, columns[id_]) for id_ in ids])
            low, high = bootstrap(_mean, (marks,), rng=np.random.default_rng(0))
            lines.append(f"  round {round_}: {marks.mean():.3f} ({low:.3f} to {high:.3f})")
    print("\n".join(lines))  # noqa: T201 - a command tells its result


def _mean(marks: FloatArray) -> float:
    return float(marks.mean())


if __name__ == "__main__":
    main()
