"""What happened: decisions of people and models, as rows in SQLite (WAL) or PostgreSQL.

    store      Ledger.open(url) → transactions; database faults become LedgerError
    migrating  the schema's version (Alembic)
    progress   rounds, steps, events, heartbeats, single values
    people     picks, tasks, annotations, labels
    figures    models, decisions, measurements, spots
    lives      what becomes of spots: lives, edits by people, slices found beside them

One process writes (`weakspot run` holds a lock file); any number read.
"""

from loop.ledger.store import Ledger

__all__ = ["Ledger"]
