"""The command line: one verb per thing a person wants done.

    app       the commands and their options; nothing heavy is imported before a command runs
    running   init and run, with progress
    reading   status, report, explain, diff, menu
    moving    promote, rollback, predict, export
    serving   label-studio, dashboard, doctor
    showing   figures → tables and words
    terminal  the watcher that draws progress

Exit status: 0 done, 1 an error told in one line, 2 wrong usage, 3 people are needed.
"""

from loop.cli.app import main

__all__ = ["main"]
