"""The wheel, installed as a user would."""
