//! Plays participants of a conference with real ICE, DTLS and SRTP, to load a server and measure what it forwards.
//!
//! Shares no code with the server's packet path. [`Peer`] takes the time and does no I/O; [`Driver`] gives peers
//! sockets and obeys the commands of whoever carries their descriptions to a server.

mod clock;
mod counters;
mod driver;
mod film;
mod histogram;
mod negotiation;
mod outbox;
mod peer;
mod protocol;
mod receiver;
mod report;
mod rtcp;
mod rtp;
mod sdp;
mod sink;
mod socket;
mod source;
mod srtp;
mod stamp;
mod stream;
mod transport;
mod wire;

pub use clock::Clock;
pub use driver::{Driver, Inbox};
pub use film::{Film, FilmError};
pub use negotiation::{Receive, Send};
pub use outbox::Outbox;
pub use peer::{Epoch, Event, Peer};
pub use report::Report;
pub use sdp::SdpError;
pub use transport::Identity;
