"""Parts of the page Weak spots that speak of their lives and of slices beside them."""
