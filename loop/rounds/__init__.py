"""The straight line of a round, and everything that moves a project along.

running    which step is next; doing it; noting it
work       what a step gets and gives back
frozen     made once: embeddings, regions, map
learning   train                    looking    score, map, select (reserves: audit, dev)
judging    evaluate, gate           people     send, await, collect, settle (questions: what experts see)
creating   `weakspot init`          champion   promote, rollback, predict, export
checkup    `weakspot doctor`
"""
