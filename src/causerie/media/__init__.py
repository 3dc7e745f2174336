"""The media engine: the Rust one (`engine`), and a double that moves no packet (`fake`)."""
