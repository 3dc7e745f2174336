"""Real browsers in a call with a real server."""
