"""Real browsers across network namespaces: NAT between them, and links as slow and lossy as a test asks.

`network` makes the namespaces, `shaper` decides what becomes of each packet (pure), `cable` carries packets
as it says, `lab` starts server and browsers inside, `watch` samples what a browser receives and sums it up,
`figures` keeps it. Needs root, `ip`, `tc`, `nft` and /dev/net/tun; without them these tests are skipped and
say what is missing.
"""
