"""A stand-in for the program `label-studio`: it listens where it is told and knows the token; ready in a moment.

venv_with(folder, program) ─► an environment that counts as installed, whose `label-studio` is that program
ANSWERS ─► a program that answers as a healthy server does
"""

from __future__ import annotations

import sys
from pathlib import Path

from labeling.label_studio import installation

ANSWERS = """
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
asked = int(sys.argv[sys.argv.index("--port") + 1])
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        knows = self.headers["Authorization"] == "Token " + os.environ["LABEL_STUDIO_USER_TOKEN"]
        self.send_response(200 if knows else 401)
        self.end_headers()
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""


def answering(port: str = "asked") -> str:
    """The program; `port` is the expression for the port it takes."""
    return ANSWERS.replace("PORT", port)


def venv_with(folder: Path, program: str) -> Path:
    """An environment that counts as installed, whose `label-studio` is this Python program."""
    venv = folder / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / f"weakspot-ready-{installation.VERSION}").touch()
    (venv / f"weakspot-template-{installation.VERSION}.sqlite3").touch()
    command = venv / "bin" / "label-studio"
    command.write_text(f"#!{sys.executable}\n{program}\n")
    command.chmod(0o755)
    return venv
