"""What the people of the demonstration write, and what the terminal says about them, in two languages."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("Amina", "Hugo", "Léa", "Karim", "Inès", "Théo", "Nora", "Malik")


@dataclass(frozen=True, slots=True)
class DemoWords:
    """Everything said in one language."""

    room: str
    """With `{people}` and `{url}`."""
    missing: str
    lines: tuple[str, ...]
    """Written in the chat, one after the other."""
    farewell: str


FRENCH = DemoWords(
    room="Réunion de démonstration avec {people} personnes ; entrez, vous y serez l'hôte :\n  {url}\n",
    missing="la démonstration demande un paquet de plus : pip install 'causerie[demo]'",
    lines=(
        "Bonjour à toutes et à tous 👋",
        "On m'entend bien ?",
        "Très clair, merci.",
        "Je note ça dans le compte rendu.",
        "Bonne idée, on en reparle jeudi ?",
        "D'accord avec ce qui vient d'être dit.",
        "Je partage le document après la réunion.",
    ),
    farewell="Merci, à bientôt !",
)
ENGLISH = DemoWords(
    room="A demonstration meeting with {people} people; come in, you will be its host:\n  {url}\n",
    missing="the demonstration needs one more package: pip install 'causerie[demo]'",
    lines=(
        "Hello everyone 👋",
        "Can you hear me?",
        "Loud and clear, thanks.",
        "I am putting that into the minutes.",
        "Good idea, shall we talk about it on Thursday?",
        "I agree with what was just said.",
        "I will share the document after the meeting.",
    ),
    farewell="Thank you, see you soon!",
)
