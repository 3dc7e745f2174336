//! RTP header extensions by meaning: their URIs, the ids negotiated for them, and the values they carry.
//! Knows nothing of where in a packet they are: [`crate::rtp`] finds and writes the bytes.

use crate::bytes;

/// The extensions this server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExtensionKind {
    /// The media section a packet belongs to (RFC 9143 §15).
    Mid,
    /// The encoding a packet belongs to (RFC 8852 §3.1).
    Rid,
    /// The encoding a retransmission repairs (RFC 8852 §3.2).
    RepairedRid,
    /// The loudness of the packet's sound (RFC 6464).
    AudioLevel,
    /// When the sender sent it, 24 bits of NTP time.
    AbsSendTime,
    /// The number of the packet on its transport (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportCc,
    /// How the picture is turned (3GPP TS 26.114 §7.4.5).
    VideoOrientation,
    /// The frame's place in the layers (AV1 RTP payload format, appendix A).
    DependencyDescriptor,
}

impl ExtensionKind {
    /// Every kind, in the order of [`ExtensionMap`].
    pub const ALL: [Self; 8] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::AudioLevel,
        Self::AbsSendTime,
        Self::TransportCc,
        Self::VideoOrientation,
        Self::DependencyDescriptor,
    ];

    /// Returns the URI that names the extension in a session description.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::TransportCc => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }

    /// Returns the kind named by `uri`, or `None` for an extension we do not know.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// The ids negotiated for the extensions of one media section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtensionMap {
    /// By [`ExtensionKind::index`]; 0, which is padding on the wire, stands for "not negotiated".
    ids: [u8; ExtensionKind::ALL.len()],
}

impl ExtensionMap {
    /// Gives `kind` the id 1..=255, taking the id from any other kind; refuses 0, changing nothing.
    ///
    /// Id 15 is legal here although the one-byte form cannot carry it: a writer then uses the two-byte form.
    pub fn set(&mut self, kind: ExtensionKind, id: u8) -> bool {
        if id == 0 {
            return false;
        }
        for held in &mut self.ids {
            if *held == id {
                *held = 0;
            }
        }
        if let Some(held) = self.ids.get_mut(kind.index()) {
            *held = id;
        }
        true
    }

    /// Forgets the id of `kind`.
    pub fn remove(&mut self, kind: ExtensionKind) {
        if let Some(held) = self.ids.get_mut(kind.index()) {
            *held = 0;
        }
    }

    /// Returns the id of `kind`, 1..=255, or `None` when it was not negotiated.
    pub fn id(&self, kind: ExtensionKind) -> Option<u8> {
        self.ids.get(kind.index()).copied().filter(|id| *id != 0)
    }

    /// Returns the kind that has the id, or `None`, as always for 0.
    pub fn kind(&self, id: u8) -> Option<ExtensionKind> {
        if id == 0 {
            return None;
        }
        ExtensionKind::ALL.into_iter().zip(self.ids).find(|(_, held)| *held == id).map(|(kind, _)| kind)
    }
}

/// The longest MID or RID we take, in bytes (RFC 8852 §3.3 keeps them to what one byte of length can say).
pub const MAX_NAME_LEN: usize = 16;

/// Returns the MID, RID or repaired RID in an extension's bytes: 1..=16 printable ASCII characters.
pub fn name(value: &[u8]) -> Option<&str> {
    if value.is_empty() || value.len() > MAX_NAME_LEN || !value.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    std::str::from_utf8(value).ok()
}

/// Returns the bytes of a send time, of which the low 24 bits count.
pub fn abs_send_time_bytes(time: u32) -> [u8; 3] {
    let [_, a, b, c] = time.to_be_bytes();
    [a, b, c]
}

/// Reads the transport-wide sequence number.
pub fn transport_sequence(value: &[u8]) -> Option<u16> {
    bytes::u16_at(value, 0)
}

/// Returns the bytes of a transport-wide sequence number.
pub fn transport_sequence_bytes(sequence: u16) -> [u8; 2] {
    sequence.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_uri_and_strangers_are_not() {
        for kind in ExtensionKind::ALL {
            assert_eq!(ExtensionKind::from_uri(kind.uri()), Some(kind));
        }
        assert_eq!(ExtensionKind::from_uri("urn:ietf:params:rtp-hdrext:toffset"), None);
    }

    #[test]
    fn the_order_of_all_is_the_order_of_the_map() {
        for (index, kind) in ExtensionKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), index);
        }
    }

    #[test]
    fn an_id_belongs_to_one_kind_and_zero_to_none() {
        let mut map = ExtensionMap::default();
        assert!(map.set(ExtensionKind::Mid, 4));
        assert!(map.set(ExtensionKind::Rid, 200));
        assert!(map.set(ExtensionKind::AudioLevel, 4));
        assert_eq!(map.id(ExtensionKind::Mid), None);
        assert_eq!(map.kind(4), Some(ExtensionKind::AudioLevel));
        assert_eq!(map.kind(200), Some(ExtensionKind::Rid));
        assert!(!map.set(ExtensionKind::Mid, 0));
        assert_eq!(map.kind(0), None);
        map.remove(ExtensionKind::Rid);
        assert_eq!(map.kind(200), None);
    }

    #[test]
    fn names_are_short_and_printable() {
        assert_eq!(name(b"hi"), Some("hi"));
        assert_eq!(name(&[b'a'; 16]).map(str::len), Some(16));
        assert_eq!(name(&[b'a'; 17]), None);
        assert_eq!(name(b""), None);
        assert_eq!(name(b"a\0"), None);
        assert_eq!(name(&[0xc3, 0xa9]), None);
    }

    #[test]
    fn numbers_are_read_as_written() {
        assert_eq!(abs_send_time_bytes(0xff01_0203), [1, 2, 3]);
        assert_eq!(transport_sequence(&transport_sequence_bytes(0xfffe)), Some(0xfffe));
        assert_eq!(transport_sequence(&[1]), None);
    }
}
