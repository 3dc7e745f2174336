"""HTTP face of an instance: pages, the built web client, API and metrics. Keeps no state; start at `site.build`."""
