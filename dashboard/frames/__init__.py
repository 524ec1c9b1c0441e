"""Figures of loop.report → pandas frames, one row a thing people look at; tested without Streamlit."""
