"""The command line.

app         the commands; nothing heavy is imported before one runs
commands    their options, by subject; the modules beside this one hold their bodies under the same names:
            project (init, run), inspect (status, report, explain, diff, list), plan, calibration, leaks, labels, spots,
            champion (promote, rollback, predict, export), lineage (verify, replay), services (dashboard, label-studio,
            doctor), simulate, approving (trust)
tables      figures → tables and words          explain, explain_summary   the history of an example
progress    the progress of a run               output                     standard output and standard error

Exit status: 0 done, 1 an error told in one line, 2 wrong usage, 3 people are needed.
"""

from loop.cli.app import main

__all__ = ["main"]
