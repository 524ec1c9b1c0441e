"""One folder a page: page.py is the script that Streamlit runs, tables.py makes frames, charts.py draws them.

Each file has one importer: a page goes away with its folder and its entry in dashboard/pages.py.
"""
