"""The page Label queue."""
