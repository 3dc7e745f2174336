//! Scenarios of one transport and its peer over an emulated network.
