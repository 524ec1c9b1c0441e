"""Parts of pages that are long enough to stand by themselves; each is drawn by one function."""
