"""Lineage: what was done is on record, can be checked, made again and put back.

verify, integrity   changes made outside weakspot to files, snapshots and immutable rows
restore             the project as it was when a round began, in a temporary place
replay, compare     a round made again from its record: the same result?
recover             lost folders of a round, made again and put back
"""
