"""What can be typed: one function a command, with its options. Bodies lie in loop.cli, imported when one runs."""
