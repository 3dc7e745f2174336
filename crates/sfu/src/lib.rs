//! The engine: datagrams, commands and time in; datagrams, events and a deadline out.
//!
//! Pure: it owns no socket, reads no clock, draws no randomness but from the seed it is given, and is
//! therefore deterministic. It knows transports, sources, slots and packets; it knows no SDP, no name,
//! no password and no room. One [`Sfu`] belongs to one worker thread and shares nothing; what is published
//! on one and watched on another goes there in a [`Parcel`].
//!
//! The driver's contract, the same everywhere: hand in any number of datagrams and commands, then
//! drain [`Sfu::poll_transmit`] until it returns `false`, then [`Sfu::poll_event`] until `None`, carry what
//! [`Sfu::pack`] has for other workers to their [`Sfu::unpack`], then
//! wait until [`Sfu::poll_timeout`] and call [`Sfu::timeout`].
//!
//! Start reading at [`Command`], [`Event`] and `sfu.rs`.

mod allocation;
mod batch;
mod command;
mod config;
mod counters;
mod dirty;
mod endpoint;
mod event;
mod ids;
mod media;
mod parcel;
mod rng;
mod sfu;
mod timers;
mod transport;

pub use batch::{Lane, Reservation, Run, SendBatch};
pub use command::{
    CodecParameters, Command, EndpointParameters, IceCredentials, MediaKind, ReceiveSection, Slot, View,
};
pub use config::{Certificate, Config, Limits};
pub use counters::{Counters, DropReason};
pub use event::{
    CloseReason, EndpointStatistics, Event, InboundStatistics, OutboundStatistics, TransportState,
    TransportStatistics,
};
pub use ids::{ConferenceId, EndpointId, Mid, Rid, Route, SourceId, WorkerId};
pub use parcel::Parcel;
pub use rng::Rng;
pub use sfu::Sfu;
