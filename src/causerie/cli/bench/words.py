"""What the forecast says, in French and English."""

from __future__ import annotations

from dataclasses import dataclass

from causerie.cli.bench.forecast import Bound


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences, filled with what is in braces."""

    title: str
    measuring: str
    """With `{seconds}`."""
    runs: str
    """With `{url}`: why nothing is measured."""
    views: dict[str, str]
    """By view, with `{people}` and `{mbit}`."""
    answer: str
    """With `{view}` and `{bound}`."""
    bounds: dict[Bound, str]
    none: str
    """Not even two."""
    meeting: str
    """With `{limit}`."""
    uplink: str
    caveat: str
    thousands: str
    bad_uplink: str


ENGLISH = Words(
    title="How many people does this machine carry?",
    measuring="Measuring for {seconds} s; Ctrl-C ends it.",
    runs=(
        "A Causerie runs here ({url}). Measuring beside it would disturb its meetings and the figures: "
        "stop it, or ask again when it has ended."
    ),
    views={
        "stage": "{people} people, watching one speaker in 720p ({mbit} Mbit/s out in all)",
        "gallery": "{people} people, watching nine faces in 360p ({mbit} Mbit/s out in all)",
    },
    answer="{view}: {bound}.",
    bounds={
        Bound.PROCESSOR: "the processor is the limit",
        Bound.UPLINK: "the line is the limit",
        Bound.MEMORY: "memory is the limit",
        Bound.ENGINE: "the engine takes no more",
    },
    none="too few for a meeting",
    meeting="All meetings together; one takes {limit} people at most.",
    uplink="The line was not looked at: give what it sends with --uplink, in Mbit/s.",
    caveat=(
        "A forecast: sealing and sending were measured on this machine itself, without network card or line; "
        "what else a server does was reckoned from measurements elsewhere."
    ),
    thousands=",",
    bad_uplink="is in Mbit/s, more than 0",
)

FRENCH = Words(
    title="Combien de personnes cette machine peut-elle accueillir ?",
    measuring="Mesure en cours, {seconds} s ; Ctrl-C pour arrêter.",
    runs=(
        "Un Causerie tourne ici ({url}). Mesurer à côté gênerait ses réunions et fausserait les chiffres : "
        "arrêtez-le, ou redemandez quand il sera arrêté."
    ),
    views={
        "stage": "{people} personnes qui regardent un orateur en 720p ({mbit} Mbit/s sortants en tout)",
        "gallery": ("{people} personnes qui regardent neuf visages en 360p ({mbit} Mbit/s sortants en tout)"),
    },
    answer="{view} : {bound}.",
    bounds={
        Bound.PROCESSOR: "la limite est le processeur",
        Bound.UPLINK: "la limite est la ligne",
        Bound.MEMORY: "la limite est la mémoire",
        Bound.ENGINE: "le moteur n'en prend pas plus",
    },
    none="trop peu pour une réunion",
    meeting="Toutes réunions confondues ; une seule en prend {limit} au plus.",
    uplink="La ligne n'a pas été prise en compte : donnez son débit d'envoi avec --uplink, en Mbit/s.",
    caveat=(
        "C'est une prévision : chiffrer et envoyer ont été mesurés dans la machine même, sans carte réseau "
        "ni ligne ; le reste du travail d'un serveur est estimé d'après des mesures faites ailleurs."
    ),
    thousands=" ",
    bad_uplink="est en Mbit/s, plus que 0",
)
