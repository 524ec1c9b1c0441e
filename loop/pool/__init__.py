"""From a person's files to the examples of a project: read, clean, de-duplicate, guard, split, store, open.

    messages.csv ─► recognise ─► guess (which column is what) ─► build ─► write_table ─► examples.parquet ─► Pool
    gold.csv ────► recognise ──────────────────────────────────────┘

sources.py    format, encoding, delimiter, columns; delimited, json_files, parquet_files and hub read chunks
turns.py      a cell with a chat ↔ its turns; prompt_cells.py arranges prompts, references, contexts
tables.py     chunks → a clean table: empty texts out, too long ones refused
duplicates.py one row per text; disagreeing labels and double ids told
leaks.py      which texts stand in gold as well, or nearly
splits.py     pool, seed, gold, quarantined: `build`; assembling.py puts the table together
prompts.py    a file of prompts outside the splits: to be answered now, or never to be forgotten
storage.py    the Parquet file; store.py opens it
looks.py      what each column looks like; from it guess.py and guess_prompts.py guess, in sentences
"""

from loop.pool.guess import Guess, guess
from loop.pool.guess_prompts import guess_prompts, holds_chats
from loop.pool.ids import example_id
from loop.pool.leaks import Leak, LeakGuard
from loop.pool.prompts import read_prompts, retained
from loop.pool.sources import Source, recognise
from loop.pool.splits import Built, build
from loop.pool.storage import read, write, write_table
from loop.pool.store import Batch, Pool
from loop.pool.summary import Summary
from loop.pool.tables import Columns

__all__ = [
    "Batch",
    "Built",
    "Columns",
    "Guess",
    "Leak",
    "LeakGuard",
    "Pool",
    "Source",
    "Summary",
    "build",
    "example_id",
    "guess",
    "guess_prompts",
    "holds_chats",
    "read",
    "read_prompts",
    "recognise",
    "retained",
    "write",
    "write_table",
]
