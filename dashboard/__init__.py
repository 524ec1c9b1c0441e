"""The dashboard: what the loop did and where the model is weak, in a browser; it reads and never writes.

    loop.report ─► store (cached by revision) ─► views/PAGE/tables (pandas) ─► charts (altair) ─► page

pages.py    the list of pages                     app.py     navigation and sidebar; Streamlit runs it
store.py    the open project, cached figures      layout.py  what all pages share: head, cards, empty states
terms.py    how metrics, signals and answers are called      theme.py   colours of charts
safe.py     text of data → text that can neither run nor fetch anything
launch.py, server.py   the command that starts the server, and what keeps it to this machine
"""
