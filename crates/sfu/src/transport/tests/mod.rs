//! Scenarios of one transport and its peer over an emulated network, on virtual time.

mod closing;
mod connecting;
mod hostile;
mod ice;
mod peer;
mod world;
