"""The page Runs & health."""
