"""The site as it is served: real Gunicorn, with the configuration that is deployed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

CONFIG = "python:hallofshame.deployment.gunicorn_config"


class Served:
    """A running Gunicorn: where it answers, and what it logs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines = iter(process.stderr or ())
        self.log = ""
        self.url = self._listening()

    def _listening(self) -> str:
        for line in self._lines:
            self.log += line
            if found := re.search(r"Listening at: (http://[\d.:]+)", json.loads(line)["message"]):
                return found[1]
        raise AssertionError(f"gunicorn ended early: {self.log}")

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=20)

    def pids(self) -> list[int]:
        """Its processes, the workers last."""
        of = self._process.pid
        return [of, *map(int, Path(f"/proc/{of}/task/{of}/children").read_text(encoding="ascii").split())]

    def stop(self) -> int:
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        self.log += "".join(self._lines)
        return self._process.wait(timeout=20)


@contextmanager
def gunicorn(folder: Path, **settings: str) -> Iterator[Served]:
    """Serve from a folder with these settings."""
    home = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "HOS_STATE_DIR": str(folder / "state")}
    command = [sys.executable, "-m", "gunicorn", "--config", CONFIG, "--bind", "127.0.0.1:0"]
    environment = os.environ | home | settings
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()
