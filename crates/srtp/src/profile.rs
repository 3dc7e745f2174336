//! The protection profiles we speak, and their sizes (RFC 5764 §4.1.2, RFC 7714 §14.2).

/// What packets are protected with, as agreed in the DTLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// AES-128 in counter mode, HMAC-SHA1 cut to 80 bits: what every WebRTC endpoint has.
    Aes128CmSha1_80,
    /// AES-128 in Galois/counter mode: several times cheaper, preferred.
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode.
    AeadAes256Gcm,
}

impl Profile {
    /// Returns the bytes of a master or session encryption key.
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Returns the bytes of a master or session salt.
    pub const fn salt_len(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// Returns the bytes that authentication adds to a packet.
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 10,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
        }
    }

    /// Returns the bytes to export from DTLS: two keys and two salts.
    pub const fn keying_material_len(self) -> usize {
        self.key_len().saturating_add(self.salt_len()).saturating_mul(2)
    }
}
