"""The acceptance criteria of the product, one sentence each; tests named `test_ac_NN_…` show that they hold.

`docs/reference/acceptance.md` is rendered from these sentences and the results of those tests.
"""

from __future__ import annotations

from dataclasses import dataclass

SEVERAL_INSTANCES = "left for the issue of several instances"


@dataclass(frozen=True, slots=True)
class Criterion:
    """What must be true, in one sentence, and what of it no test of this run shows, and why."""

    sentence: str
    not_here: str = ""


CRITERIA: dict[int, Criterion] = {
    1: Criterion(
        "The landing page has one heading and one sentence in the browser's language, to be switched."
    ),
    2: Criterion(
        "Plain HTTP gets no page, TLS is 1.2 or newer, and HSTS goes with trusted certificates.",
        "redirects from port 80 and ACME challenges come with automatic certificates, a later issue",
    ),
    3: Criterion("Signalling speaks secure WebSocket only."),
    4: Criterion("After ICE every packet of media on the wire is DTLS, SRTP or SRTCP."),
    5: Criterion(
        "Two people in different networks, with address translation between, see and hear each other."
    ),
    6: Criterion(
        "The licence is there; picture reaches 1280×720 and sound is Opus at 48 kHz, hardly ever concealed.",
        "27 frames per second, concealment and the delay of sound, for two and for eight, are "
        "[measured](performance.md), not judged on a busy machine",
    ),
    7: Criterion("With 5 % of packets lost, less than 5 % of the sound is concealed."),
    8: Criterion("A shared screen arrives at full resolution within 2 s, and small text can be read."),
    9: Criterion("A room has a short address of its own; spellings of one name lead to one room."),
    10: Criterion(
        "Messages reach all within 500 ms in one order; emojis are found by French name, from our own server."
    ),
    11: Criterion(
        "Joining, hearing, seeing, muting, camera, chat, hand and leaving work in each supported browser.",
        "Safari and Chrome on Android by [a written sheet](safari-sheet.md)",
    ),
    12: Criterion(
        "The site can be installed; its service worker keeps the shell only, never media or rooms."
    ),
    13: Criterion("Apps for iOS and Android come from the same client.", "left for a later issue"),
    14: Criterion(
        "The front page is answered within 200 ms, has at most 60 KB of script, and takes keys within 1 s."
    ),
    15: Criterion("Of several instances one is drawn, the less occupied the likelier.", SEVERAL_INSTANCES),
    16: Criterion("Instances that are silent, draining or full are not proposed.", SEVERAL_INSTANCES),
    17: Criterion("Without any instance the page says so, tries again and offers no dead button."),
    18: Criterion(
        "Occupancy is the share of the scarcest resource, smoothed over 10 s, in the API and in the metrics."
    ),
    19: Criterion("The page shows the instance and its occupancy in words and as a meter."),
    20: Criterion("A reload proposes another instance.", SEVERAL_INSTANCES),
    21: Criterion("A button proposes another instance.", SEVERAL_INSTANCES),
    22: Criterion(
        "“Lancer une réunion” leads to the preview of a new room in one click, without an account."
    ),
    23: Criterion("Random names come from a cryptographic source, hold at least 60 bits and do not repeat."),
    24: Criterion("In the room the link is one click away, and who is alone is invited to share it."),
    25: Criterion("A link leads to the instance on which its room lives.", SEVERAL_INSTANCES),
    26: Criterion(
        "On a first visit the page says why camera and microphone are needed; the browser asks after a click."
    ),
    27: Criterion(
        "Who refuses camera or microphone still gets in, hears and sees, and finds out how to allow them."
    ),
    28: Criterion("Who has allowed both is told nothing about permissions on the next visit."),
    29: Criterion("After a meeting no file holds its names, messages or media."),
    30: Criterion("Who asks for a source of another room gets no packet of it and learns nothing about it."),
    31: Criterion("A whole visit makes no request to any other origin."),
    32: Criterion("The landing page says in one line what is kept, from the configuration."),
    33: Criterion("A link made on Monday opens the same room on Friday, and nobody has to start it first."),
    34: Criterion("The same link works during the call, for random and chosen names."),
    35: Criterion(
        "The stage shows who speaks, but a pin or a screen first; initials replace a camera that is off."
    ),
    36: Criterion(
        "“Partage d'écran” toggles by click or D, has its own bar to stop, and a refusal stays silent."
    ),
    37: Criterion("A raised hand is announced to all and queued in the same order for all."),
    38: Criterion(
        "“Chat” opens the panel with the focus in the composer, gives it back, and counts what is unread."
    ),
    39: Criterion("Messages keep their lines, can be copied and downloaded, and newcomers get the history."),
    40: Criterion(
        "“Muet”, “Raccrocher”, “Appareil photo” stand together; muting stops sending and is seen by others."
    ),
    41: Criterion("Hanging up leaves the others undisturbed; hosts may end the meeting for all."),
    42: Criterion("“Appareil photo” releases the camera and takes it again within a second."),
    43: Criterion("The connection indicator stands top-left, in bars and words, and changes calmly."),
    44: Criterion("The indicator opens details that say what, who and what to do."),
    45: Criterion(
        "A lower quality level lowers what is received, decoded and sent.",
        "how much with nine cameras, which `python -m bench adaptive-nine` measures",
    ),
    46: Criterion("An overloaded machine is offered the lower level in one click."),
    47: Criterion("“Gérer la qualité vidéo” is two clicks away, or the key A."),
    48: Criterion("A slider with four named levels acts at once and is remembered."),
    49: Criterion("Info recommends a password for confidential conversations."),
    50: Criterion(
        "“Info” shows name, link, QR code, password, people, instance, encryption and what is kept."
    ),
    51: Criterion("A host adds a password in place; others are told who can."),
    52: Criterion("Enter saves the password, Escape does not, and everyone is told without its value."),
    53: Criterion(
        "Whoever comes later is asked for the password before anything of the room is said; tries are slowed."
    ),
    54: Criterion("The landing page shows the link, to copy, share or scan, of the very room it will open."),
    55: Criterion("“Info” gives the same link."),
}
