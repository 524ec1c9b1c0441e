"""The window: a Streamlit dashboard that reads through loop.report and changes nothing."""
