"""The server's own process: Streamlit, which ends with the command that started it, however that ends.

    python -P server.py run app.py FLAGS -- --project DIR      VARIABLE set: standard input is a pipe from the command
        └─► a thread reads the pipe ─► its end: the command is gone, also by SIGKILL ─► this process ends

Streamlit reads settings and secrets in the working folder and in the home folder, and Python imports from the working
folder first. So `launch.serve` gives this process a working folder that is empty, is its home too, and goes with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

VARIABLE = "WEAKSPOT_DASHBOARD_FOLDER"
"""The folder to remove at the end; set when standard input is a pipe from the command that started this process."""
GRACE_S = 5.0
"""How long Streamlit may take to end when asked."""


def main() -> None:
    """Runs Streamlit's command line until it ends."""
    folder = os.environ.get(VARIABLE)
    if folder:
        threading.Thread(target=_end_with_the_command, args=(Path(folder),), daemon=True).start()
    package = str(Path(__file__).resolve().parents[1])
    if package not in sys.path:
        sys.path.insert(0, package)

    from streamlit.web.cli import main as streamlit

    streamlit(prog_name="streamlit")


def _end_with_the_command(folder: Path) -> None:
    while os.read(0, 1024):
        continue
    shutil.rmtree(folder, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
