"""Settings come from four sources in rising order, and a bad one is a sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.errors import ConfigError
from causerie.server.config import KEYS, Machine, Settings, default_workers, load

MACHINE = Machine(home=Path("/home/someone"), system="Linux", cores=4)


def settings(
    tmp_path: Path,
    *,
    flags: dict[str, object] | None = None,
    environment: dict[str, str] | None = None,
    toml: str | None = None,
    machine: Machine = MACHINE,
) -> Settings:
    if toml is not None:
        (tmp_path / "causerie.toml").write_text(toml)
    return load(flags or {}, environment or {}, tmp_path, machine)


def test_without_any_source_the_defaults_hold(tmp_path: Path) -> None:
    result = settings(tmp_path)

    assert (result.port, result.media_port, result.workers) == (8443, 8443, 3)
    assert result.data_dir == Path("/home/someone/.local/share/causerie")
    assert (result.bind, result.host, result.public_ip) == ("", "", ())
    assert (result.cert, result.key, result.metrics, result.log_level) == (None, None, "loopback", "info")
    assert not result.open
    assert not result.json


def test_flags_beat_environment_beats_file_beats_default(tmp_path: Path) -> None:
    toml = "port = 1001\nmedia-port = 1001\nworkers = 2\nlog_level = 'debug'\n"
    environment = {"CAUSERIE_PORT": "1002", "CAUSERIE_MEDIA_PORT": "1002", "HOME": "/elsewhere"}
    result = settings(
        tmp_path, toml=toml, environment=environment, flags={"port": "1003", "media-port": None}
    )

    assert (result.port, result.media_port, result.workers, result.log_level) == (1003, 1002, 2, "debug")


def test_environment_may_name_the_file(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("port = 7")

    assert settings(tmp_path, toml="port = 6", environment={"CAUSERIE_CONFIG": str(other)}).port == 7


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (3, 2), (8, 7), (64, 16)])
def test_one_core_is_left_to_python_where_there_are_more_than_two(cores: int, workers: int) -> None:
    assert default_workers(cores) == workers


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("Linux", {"XDG_DATA_HOME": "/data"}, "/data/causerie"),
        ("Linux", {"XDG_DATA_HOME": "relative"}, "/home/someone/.local/share/causerie"),
        ("Darwin", {}, "/home/someone/Library/Application Support/causerie"),
    ],
)
def test_data_folder_is_where_the_system_keeps_programs_data(
    tmp_path: Path, system: str, environment: dict[str, str], expected: str
) -> None:
    machine = Machine(MACHINE.home, system, 2)

    assert settings(tmp_path, environment=environment, machine=machine).data_dir == Path(expected)


def test_people_of_a_room_are_counted_by_file_environment_or_flag(tmp_path: Path) -> None:
    assert settings(tmp_path).participants == 100
    assert settings(tmp_path, toml="participants = 300").participants == 300
    assert settings(tmp_path, environment={"CAUSERIE_PARTICIPANTS": "2"}).participants == 2
    assert settings(tmp_path, flags={"participants": "500"}).participants == 500


def test_proxies_are_addresses_or_networks(tmp_path: Path) -> None:
    result = settings(tmp_path, toml="trusted-proxies = ['::1', '10.0.0.0/8']\nsockets-per-address = 900")

    assert result.trusted_proxies == ("::1", "10.0.0.0/8")
    assert result.sockets_per_address == 900
    assert settings(tmp_path, flags={"trusted-proxies": "127.0.0.1, ::1"}).trusted_proxies == (
        "127.0.0.1",
        "::1",
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("203.0.113.9", ("203.0.113.9",)),
        ("203.0.113.9, 2001:DB8::9", ("203.0.113.9", "2001:db8::9")),
        (["203.0.113.9", "2001:db8::9"], ("203.0.113.9", "2001:db8::9")),
        ("", ()),
    ],
)
def test_several_public_addresses_may_be_given(
    tmp_path: Path, raw: object, expected: tuple[str, ...]
) -> None:
    assert settings(tmp_path, flags={"public-ip": raw}).public_ip == expected


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"port": "http"}, "port (from --port): 'http' is not a whole number"),
        ({"port": "-1"}, "port (from --port): '-1' is not a whole number"),
        ({"port": "65536"}, "port (from --port): 65536 is not between 0 and 65535"),
        ({"media-port": "1.5"}, "media-port (from --media-port): '1.5' is not a whole number"),
        ({"media-port": "65535", "workers": "2"}, "media-port (from --media-port): 2 workers need"),
        ({"workers": "0"}, "workers (from --workers): 0 is not between 1 and 16"),
        ({"workers": "17"}, "workers (from --workers): 17 is not between 1 and 16"),
        ({"participants": "1"}, "participants (from --participants): 1 is not between 2 and 500"),
        ({"participants": "501"}, "participants (from --participants): 501 is not between 2 and 500"),
        ({"participants": "all"}, "participants (from --participants): 'all' is not a whole number"),
        ({"public-ip": "home"}, "public-ip (from --public-ip): 'home' is not an IP address"),
        ({"public-ip": "0.0.0.0"}, "public-ip (from --public-ip): 0.0.0.0 and :: are not addresses"),
        ({"bind": "eth0"}, "bind (from --bind): 'eth0' is not an IP address"),
        ({"host": "https://x.org"}, "host (from --host): 'https://x.org' is not a host name"),
        ({"host": "x.org:0"}, "host (from --host): 0 is not a port"),
        ({"data-dir": ""}, "data-dir (from --data-dir): is empty"),
        ({"sockets-per-address": "0"}, "sockets-per-address (from --sockets-per-address): 0 is not"),
        ({"trusted-proxies": "lan"}, "trusted-proxies (from --trusted-proxies): 'lan' is neither"),
        ({"trusted-proxies": "10.0.0.1/8"}, "trusted-proxies (from --trusted-proxies): '10.0.0.1/8' is"),
        ({"metrics": "all"}, "metrics (from --metrics): 'all' is none of loopback, everyone, nobody"),
        ({"log-level": "loud"}, "log-level (from --log-level): 'loud' is none of"),
        ({"cert": "/c.pem"}, "key (from --cert): is needed beside cert"),
        ({"key": "/k.pem"}, "cert (from --key): is needed beside key"),
    ],
)  # fmt: skip
def test_bad_value_is_a_sentence_with_its_key_and_origin(
    tmp_path: Path, flags: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, flags=flags)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("port = true", "port (from {file}): 'True' is not a whole number"),
        ("port = [1]", "port (from {file}): '[1]' is not a whole number"),
        ("open = 'maybe'", "open (from {file}): 'maybe' is neither true nor false"),
        ("bind = 4", "bind (from {file}): 4 is not a text"),
        ("prot = 1", "prot (from {file}): there is no such setting; there are port, media-port"),
        ("port = ", "config: {file} is not TOML"),
    ],
)
def test_bad_file_is_a_sentence_that_names_it(tmp_path: Path, toml: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, toml=toml)
    assert str(refused.value).startswith(sentence.format(file=tmp_path / "causerie.toml"))


def test_bad_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^port \(from CAUSERIE_PORT\): 'tcp://1' is not a whole number$"):
        settings(tmp_path, environment={"CAUSERIE_PORT": "tcp://1"})
    with pytest.raises(ConfigError, match="there is no file /nowhere"):
        settings(tmp_path, environment={"CAUSERIE_CONFIG": "/nowhere"})


def test_the_home_of_nobody_is_refused_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match="'~0' is in the home of someone who is not known here"):
        load({"cert": "~0"}, {}, Path("/nowhere"), MACHINE)


@given(
    key=st.sampled_from(sorted(KEYS)),
    value=st.text(max_size=30).filter(lambda text: "\0" not in text)
    | st.integers()
    | st.lists(st.integers()),
)
def test_any_value_is_taken_or_refused_with_its_key(key: str, value: object) -> None:
    try:
        load({key: value}, {}, Path("/nowhere"), MACHINE)
    except ConfigError as error:
        refused = error
    else:
        return
    assert refused.key in {key, "cert", "key"}
