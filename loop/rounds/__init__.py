"""The straight line of a round, and everything that moves a project along.

running    which step is next; doing it; noting it
work       what a step gets and gives back
task       what a task type brings: its own steps, questions, predictions
frozen     made once: embeddings, regions, map
spot_names what each weak spot is called in a round
reserves   which examples are set apart for audit and dev
people     send, await, collect
project_files, creating   `weakspot init`          champion   promote, rollback, predict, export
checkup    `weakspot doctor`        restoring, lost_files   lost files: put back, or left out aloud
"""
