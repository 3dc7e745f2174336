//! Names of things: newtypes, so that a number with a meaning cannot be mistaken for another.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use arrayvec::ArrayString;

/// A participant's media-plane counterpart; chosen by the caller, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u64);

/// One live meeting; sources are only ever forwarded inside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConferenceId(pub u64);

/// One published camera, microphone or screen; chosen by the caller, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u64);

/// One of the engines of a process, each with its own thread and port, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u16);

/// Identifies a media section of an endpoint (RFC 8843 §15); at most 16 bytes here.
pub type Mid = ArrayString<16>;

/// Identifies a simulcast encoding inside a section (RFC 8851); at most 16 bytes here.
pub type Rid = ArrayString<16>;

/// The two ends of a UDP path: our address that a datagram was sent to, and the far address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Our own address on this path, so that an answer leaves from where the request arrived.
    pub local: IpAddr,
    /// The far end.
    pub remote: SocketAddr,
}

impl Hash for Route {
    /// Takes in the far end alone: each datagram is looked up by its route, and few have the same far end and
    /// another address of ours.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let port = self.remote.port();
        match self.remote.ip() {
            IpAddr::V4(ip) => state.write_u64(u64::from(u32::from(ip)) << 16 | u64::from(port)),
            IpAddr::V6(ip) => {
                state.write_u128(ip.into());
                state.write_u16(port);
            }
        }
    }
}
