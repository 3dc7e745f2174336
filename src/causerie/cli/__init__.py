"""The command line: `causerie up`, `causerie version`. Start at `main`."""
