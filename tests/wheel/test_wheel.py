"""The wheel stands alone: an empty virtual environment, no Rust, no Node, and a call goes through."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.peer import Peer
from tests.support.server import start_server
from tests.system.test_foreign_stack import Colours, Tone, frames

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and its locked dependencies, and nothing of this checkout."""
    (wheel,) = (ROOT / "dist").glob("causerie-*.whl")
    home = tmp_path_factory.mktemp("wheel")
    venv.create(home / "venv", with_pip=True)
    pip = [str(home / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/runtime.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    return home / "venv/bin/causerie"


async def test_the_installed_wheel_carries_a_call(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(bare))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    server = await start_server(tmp_path / "data", command=(str(installed),))
    try:
        alice, bob = Peer("Alice"), Peer("Bob")
        await alice.join(server.url, "roue", audio=Tone(), video=Colours(180))
        await bob.join(server.url, "roue")
        assert len(await frames(bob.received("video")[0], 10)) == 10
        await asyncio.gather(alice.leave(), bob.leave())
    finally:
        assert await server.stop() == 0


async def test_the_wheel_serves_the_built_web_client(installed: Path, tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data", command=(str(installed),))
    try:
        page = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", FETCH, f"{server.url}/"],
            check=True, capture_output=True, text=True, env=dict(os.environ),
        )  # fmt: skip
        assert 'type="module"' in page.stdout
    finally:
        await server.stop()


FETCH = """
import ssl, sys, urllib.request
context = ssl._create_unverified_context()
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())
"""
