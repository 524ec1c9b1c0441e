"""The parts of the page for models that write: headline, pairs side by side, questions asked, who answered."""
