"""The window: what the loop did and where the model is weak, in a browser; it reads and never writes.

    loop.report ─► reading (cached by revision) ─► frames (pandas) ─► charts (altair) ─► views (one file a page)

launch.py   the command that starts the server, and what keeps it to this machine
app.py      navigation and sidebar; Streamlit runs it
safe.py     text of data → text that can neither run nor fetch anything
words.py    figures → the words people read
layout.py   what all pages have in common: head, cards, empty states
"""
