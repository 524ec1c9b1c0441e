"""Rounds replayed on labelled data before anyone labels: which set-up needs the fewest answers.

    labelled file ─► data ─► texts, labels ─► frozen: embedded once, memory-mapped
    spec ─► cells: encoder × strategy × recipe × seed × noise × batch ─┐
    parts: held-out part, pool, answers of a seed ─────────────────────┴─► replay ─► a Record, one small file a cell
    records ─► measures (areas, answers needed), stopping (rules compared) ─► Summary ─► advice in words
    texts, names of the labels ─► name_evidence: what each name tells ──────────────┘  └─► results: CSV, JSON, page

The live code path: strategies and recipes come from the menu by name, see a PoolView and FrozenTexts as in a project,
and spots are estimated as a round does. What is simulated are the people: they give the file's own label, or with the
chance `noise` another one. running.py keeps several processes busy and goes on where a killed run stopped; working.py
is what each of them does.
"""
