//! What the control plane asks of the engine. Every command is total: an impossible one changes
//! nothing and is counted, because the endpoint it names may have gone a moment ago.

use crate::ids::{ConferenceId, EndpointId, Mid, Rid, SourceId, WorkerId};
use wire::codec::Codec;
use wire::ext::ExtensionMap;

/// One instruction, applied in the order given.
#[derive(Debug)]
pub enum Command {
    /// Makes an endpoint that waits for connectivity checks. Refused when the id or ufrag is taken.
    AddEndpoint(Box<EndpointParameters>),
    /// Gives an endpoint a new description: changed ICE credentials restart ICE (RFC 8445 §2.4) while
    /// media goes on over the old path; sections and slots not known yet are added, none is removed.
    UpdateEndpoint(Box<EndpointParameters>),
    /// Ends an endpoint: close_notify, then nothing more is sent; its sources go with it.
    RemoveEndpoint {
        /// Who leaves.
        endpoint: EndpointId,
    },
    /// Names what arrives on a receive section, and lets it be forwarded.
    Publish {
        /// Who publishes.
        endpoint: EndpointId,
        /// The new source's name.
        source: SourceId,
        /// The receive section that carries it.
        mid: Mid,
    },
    /// Stops forwarding a source and forgets its name; slots that showed it fall silent.
    Unpublish {
        /// What ends.
        source: SourceId,
    },
    /// Opens or closes the tap of a source: closed, its packets are dropped on arrival (a muted
    /// microphone is silent even when its client is not).
    SetSourceEnabled {
        /// Which source.
        source: SourceId,
        /// Whether packets pass.
        enabled: bool,
    },
    /// Puts a source of the same conference on a receive slot of an endpoint, or empties the slot.
    /// A video slot asks for a key frame and shows nothing before it.
    MapSlot {
        /// Who watches.
        endpoint: EndpointId,
        /// The slot.
        mid: Mid,
        /// What it shows from now on.
        source: Option<SourceId>,
        /// How it is looked at; the same source with another view goes on without a seam.
        view: View,
    },
    /// Lets a source that is published on another worker be shown on slots of this one, until
    /// [`Command::Unpublish`]. Only what is shown is copied from there.
    Mirror {
        /// The source, as it is called there.
        source: SourceId,
        /// The meeting that it belongs to.
        conference: ConferenceId,
        /// Sound or picture.
        kind: MediaKind,
        /// In how many encodings it comes.
        layers: u8,
        /// The worker of its publisher.
        home: WorkerId,
    },
    /// Asks for [`crate::Event::Statistics`] of one endpoint.
    RequestStatistics {
        /// Whose.
        endpoint: EndpointId,
        /// Comes back with the answer.
        request: u64,
    },
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Opus.
    Audio,
    /// Camera or screen.
    Video,
}

/// How one receiver looks at a picture: what more than that would be sent is of no use to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Its place among the receiver's pictures, 0 for the most important.
    pub rank: u8,
    /// Lines of the tile in device pixels; 0 for a picture that is not on screen and is not sent.
    pub max_height: u16,
    /// Frames per second that are of use, 1..=60.
    pub max_frames_per_second: u8,
    /// Whether it is a shared screen, which is the last to be given up.
    pub screen: bool,
}

impl Default for View {
    /// Everything the source has.
    fn default() -> Self {
        Self { rank: 0, max_height: u16::MAX, max_frames_per_second: 60, screen: false }
    }
}

/// ICE user fragment and password of one side (RFC 8445 §5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4–256 ice-chars; ours are unique in the process.
    pub ufrag: String,
    /// 22–256 ice-chars; the secret.
    pub password: String,
}

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IceCredentials(…)")
    }
}

/// A payload type and what it means, as negotiated; the same in every section of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecParameters {
    /// Which codec.
    pub codec: Codec,
    /// Tells apart incompatible forms of one codec: VP9 and AV1 profile; H.264
    /// `(profile << 1) | packetization-mode`; 0 else. Forwarding needs codec and variant to be equal.
    pub variant: u16,
    /// Payload type on the wire, 0..=127.
    pub payload_type: u8,
    /// Payload type of its retransmissions (RFC 4588).
    pub rtx_payload_type: Option<u8>,
    /// Payload type of sound with copies of earlier frames in each packet (RFC 2198).
    pub red_payload_type: Option<u8>,
    /// Ticks per second of its RTP timestamps.
    pub clock_rate: u32,
    /// Whether generic NACK was negotiated.
    pub nack: bool,
    /// Whether PLI was negotiated; else FIR is used where a key frame is needed.
    pub pli: bool,
}

/// One m-section on which the endpoint may send.
#[derive(Clone, Debug)]
pub struct ReceiveSection {
    /// Its MID.
    pub mid: Mid,
    /// Sound or picture.
    pub kind: MediaKind,
    /// SSRCs announced in the description, `(media, retransmission)`; empty where only RIDs are.
    pub ssrcs: Vec<(u32, Option<u32>)>,
    /// Simulcast RIDs, lowest quality first; empty without simulcast.
    pub rids: Vec<Rid>,
}

/// One m-section on which we send: a place that shows one source after another.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its MID.
    pub mid: Mid,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The SSRC that the endpoint sees for good.
    pub ssrc: u32,
    /// The SSRC of its retransmissions; `None` where RTX was not negotiated.
    pub rtx_ssrc: Option<u32>,
}

/// A whole endpoint, as negotiated.
#[derive(Debug)]
pub struct EndpointParameters {
    /// Its name.
    pub endpoint: EndpointId,
    /// The conference it belongs to for life.
    pub conference: ConferenceId,
    /// What we announced.
    pub local_ice: IceCredentials,
    /// What the far end announced.
    pub remote_ice: IceCredentials,
    /// SHA-256 fingerprints, any of which the far end's DTLS certificate must have.
    pub remote_fingerprints: Vec<[u8; 32]>,
    /// Payload types in use.
    pub codecs: Vec<CodecParameters>,
    /// Header extension ids in use, the same in both directions.
    pub extensions: ExtensionMap,
    /// Whether transport-wide congestion feedback was negotiated (we then send it for what we receive).
    pub transport_cc: bool,
    /// Sections on which it may send; at most 8.
    pub receive: Vec<ReceiveSection>,
    /// Sections on which it receives; at most 64.
    pub slots: Vec<Slot>,
    /// CNAME of our RTCP towards it (RFC 7022), the same for all slots.
    pub cname: String,
}
