"""What happened: decisions of people and models, as rows in SQLite (WAL) or PostgreSQL.

    store      Ledger.open(url) → transactions; database faults become LedgerError
    engine     address → engine; what makes a SQLite transaction one
    reading    SQLite files that can be read and not written
    migrating  the schema's version (Alembic); leftovers: what a killed upgrade of an older version left
    worker     one worker a ledger, kept by the database and fenced
    progress   rounds, steps, events, heartbeats, single values
    people     picks, tasks, annotations, labels
    figures    models, decisions, measurements, spots
    lives      what becomes of spots: lives, edits by people, slices found beside them

One process works on a ledger (`worker`); any number read.
"""

from loop.ledger.store import Ledger

__all__ = ["Ledger"]
