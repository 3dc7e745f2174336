"""Edges: each speaks one foreign language to clients and keeps no room state of its own."""
