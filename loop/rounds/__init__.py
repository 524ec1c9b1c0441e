"""Runs rounds, and everything that moves a project along.

runner, context, task     the next unfinished step, what a step gets and gives back, what a task type brings
start, planning           a round is opened; whether a stop rule forbids it
embeddings, spot_names    made once: embeddings, regions, map; what each weak spot is called in a round
holdouts, audit_design    which examples are set apart for audit and dev, and with which probability
labeling, collection, tools, histories, holders   send, await, collect: the labeling tool and whose server it is
promotion, champion, retention, leaks, lift, estimates   the gate's evidence, the champion, twins, whether picks pay
snapshot, bundle_files, environment   the record of a round: its files, and what it ran with
spot_lives, spot_edits    what became of weak spots, and what people did to them
checkup, settings, mixed_copies, lost_files, project_files   `weakspot doctor`, changed settings, copies, lost files
"""
