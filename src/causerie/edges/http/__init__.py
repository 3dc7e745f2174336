"""HTTP face of an instance: pages, the web client's files, API, metrics. Keeps no state; start at `site`."""
