"""What the command line says, in French and English; which of them the environment asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of the first screen."""

    ready: str
    """With `{seconds}`."""
    here: str
    network: str
    public: str
    no_network: str
    certificate: str
    local: str
    own: str
    trust: str
    media: str
    kept: str
    rooms_only: str
    """What is kept: nothing of meetings, but the rooms that someone relies on."""
    folder: str
    stop: str
    stop_keys: str
    phone: str
    decimal: str


FRENCH = Wording(
    ready="prêt en {seconds} s",
    here="Sur cet ordinateur",
    network="Sur le réseau",
    public="Nom public",
    no_network="aucune adresse trouvée",
    certificate="Certificat",
    local="local (auto-signé)",
    own="le vôtre",
    trust="téléphone : ouvrez /ca pour l'approuver",
    media="Média",
    kept="Conservé",
    rooms_only="les salles protégées ; ni son, ni image, ni message",
    folder="Dossier",
    stop="Arrêter",
    stop_keys="Ctrl-C",
    phone="Sur un téléphone, scannez :",
    decimal=",",
)

ENGLISH = Wording(
    ready="ready in {seconds} s",
    here="On this computer",
    network="On your network",
    public="Public name",
    no_network="no address found",
    certificate="Certificate",
    local="local (self-signed)",
    own="your own",
    trust="phone: open /ca to trust it",
    media="Media",
    kept="Kept",
    rooms_only="protected rooms; no sound, no picture, no message",
    folder="Folder",
    stop="Stop",
    stop_keys="Ctrl-C",
    phone="On a phone, scan:",
    decimal=".",
)


def wording(environment: Mapping[str, str]) -> Wording:
    """Returns the words in the language that the environment asks for."""
    return FRENCH if is_french(environment) else ENGLISH


def is_french(environment: Mapping[str, str], asked: str | None = None) -> bool:
    """Says whether to speak French: as `asked`, else by the first locale variable set (POSIX order)."""
    variables = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = asked or next(filter(None, variables), "")
    return language.lower().startswith("fr")
