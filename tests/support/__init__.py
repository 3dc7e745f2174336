"""Helpers shared by tests of whole processes."""
