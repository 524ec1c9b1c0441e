"""Frames → altair charts: pure functions of a frame and a look (light or dark), tested without Streamlit."""
