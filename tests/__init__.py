"""Tests; folders mirror src/causerie, plus contract, system, browser and wheel."""
