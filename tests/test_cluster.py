"""Laws are judged by the workers of a Dask cluster, and the report is the same."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")

LAWS = "forward,loss"


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.processes = folder, list[subprocess.Popen[bytes]]()
        self._start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        self.address = self._said("scheduler", r"Scheduler at:\s+(tcp://\S+)")
        for place in range(2):
            self._start("worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
            self._said("worker", "Registered to", 1 + place)

    def _start(self, kind: str, *words: str) -> None:
        with (self._folder / f"{kind}.log").open("ab") as log:
            call = [sys.executable, "-m", "distributed.cli.dask_" + kind, *words]
            self.processes.append(subprocess.Popen(call, stderr=log, stdout=log, cwd=self._folder))

    def _said(self, kind: str, pattern: str, times: int = 1) -> str:
        for _ in range(600):
            found = re.findall(pattern, (self._folder / f"{kind}.log").read_text())
            if len(found) >= times:
                return str(found[0])
            time.sleep(0.1)
        raise AssertionError((self._folder / f"{kind}.log").read_text())

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


def begun(*words: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "backproof", "check", "refnet", "--laws", LAWS]
    return subprocess.Popen(
        [*call, "--profile", "quick", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def report(file: Path) -> Any:
    document = json.loads(file.read_text())
    document["summary"]["seconds"] = 0
    document["command"] = ""
    for row in document["laws"]:
        row["seconds"] = 0
    return document


def test_the_report_of_a_cluster_is_that_of_one_process_even_where_a_worker_is_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    alone, spread = tmp_path / "alone.json", tmp_path / "spread.json"
    with begun("--json", str(alone)) as run:
        run.communicate(timeout=300)
    with begun("--json", str(spread), "--cluster", cluster.address) as run:
        time.sleep(4)
        os.kill(cluster.processes[1].pid, signal.SIGKILL)
        said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert report(alone) == report(spread)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers there"),
        ("nowhere", "give the scheduler's address, such as tcp://127.0.0.1:8786"),
    ],
)
def test_an_address_where_nobody_answers_is_one_sentence(address: str, said: str) -> None:
    with begun("--cluster", address) as run:
        found, _ = run.communicate(timeout=100)
    assert run.returncode == 2
    assert said in found
    assert "Traceback" not in found
