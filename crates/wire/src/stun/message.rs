//! Reads a STUN message: one pass over the attributes, the values ICE needs kept as they are met.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{
    Class, HEADER_LEN, INTEGRITY_LEN, IceRole, MAGIC_COOKIE, MAX_ATTRIBUTES, MAX_UNKNOWN, Method,
    TransactionId, attribute, integrity,
};
use crate::bytes::{array_at, padding_to_word, slice_at, u8_at, u16_at, u32_at, u64_at};

/// Why a datagram is not STUN that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StunError {
    /// It is shorter than a header.
    #[error("shorter than a STUN header")]
    TooShort,
    /// The top bits or the magic cookie are not STUN's.
    #[error("not STUN")]
    NotStun,
    /// The length field is not that of the datagram, or not a multiple of four.
    #[error("wrong message length")]
    BadLength,
    /// An attribute overruns the message, has the wrong size, or follows FINGERPRINT.
    #[error("malformed attribute")]
    BadAttribute,
    /// It has more than [`MAX_ATTRIBUTES`].
    #[error("too many attributes")]
    TooManyAttributes,
}

/// A well-formed STUN message, not yet believed: see [`verify_integrity`](Self::verify_integrity).
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    raw: &'a [u8],
    class: Class,
    method: Method,
    transaction_id: TransactionId,
    username: Option<&'a [u8]>,
    priority: Option<u32>,
    use_candidate: bool,
    role: Option<IceRole>,
    mapped_address: Option<SocketAddr>,
    error_code: Option<u16>,
    integrity_at: Option<usize>,
    fingerprint: Option<(usize, u32)>,
    unknown: [u16; MAX_UNKNOWN],
    unknown_count: usize,
}

impl<'a> Message<'a> {
    /// Reads a whole datagram.
    ///
    /// Of attributes that repeat the first counts. After MESSAGE-INTEGRITY (either kind) only FINGERPRINT and the
    /// other kind count: what is not covered by the integrity is not there (RFC 8489 §14.5).
    ///
    /// # Errors
    /// [`StunError`] says why it is not a message.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, StunError> {
        let message_type = u16_at(datagram, 0).ok_or(StunError::TooShort)?;
        let length = u16_at(datagram, 2).ok_or(StunError::TooShort)?;
        let cookie = u32_at(datagram, 4).ok_or(StunError::TooShort)?;
        let transaction_id = array_at(datagram, 8).ok_or(StunError::TooShort)?;
        if message_type & 0xc000 != 0 || cookie != MAGIC_COOKIE {
            return Err(StunError::NotStun);
        }
        let body_len = datagram.len().checked_sub(HEADER_LEN).ok_or(StunError::TooShort)?;
        if length % 4 != 0 || usize::from(length) != body_len {
            return Err(StunError::BadLength);
        }
        let mut message = Self {
            raw: datagram,
            class: Class::from_type(message_type),
            method: Method::from_type(message_type),
            transaction_id: TransactionId(transaction_id),
            username: None,
            priority: None,
            use_candidate: false,
            role: None,
            mapped_address: None,
            error_code: None,
            integrity_at: None,
            fingerprint: None,
            unknown: [0; MAX_UNKNOWN],
            unknown_count: 0,
        };
        message.read_attributes()?;
        Ok(message)
    }

    /// Returns what the message is for.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Returns the method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Returns the transaction's id.
    pub fn transaction_id(&self) -> TransactionId {
        self.transaction_id
    }

    /// Returns the USERNAME bytes.
    pub fn username(&self) -> Option<&'a [u8]> {
        self.username
    }

    /// Returns the two ufrags of an ICE user name: the receiver's, then the sender's (RFC 8445 §7.2.2).
    pub fn ufrags(&self) -> Option<(&'a [u8], &'a [u8])> {
        let username = self.username?;
        let colon = username.iter().position(|byte| *byte == b':')?;
        let (receiver, rest) = username.split_at_checked(colon)?;
        let (_, sender) = rest.split_first()?;
        Some((receiver, sender))
    }

    /// Returns the priority the sender would give a peer-reflexive candidate.
    pub fn priority(&self) -> Option<u32> {
        self.priority
    }

    /// Returns whether the sender nominates the pair.
    pub fn use_candidate(&self) -> bool {
        self.use_candidate
    }

    /// Returns the role the sender claims, with its tie-breaker.
    pub fn role(&self) -> Option<IceRole> {
        self.role
    }

    /// Returns the address of XOR-MAPPED-ADDRESS.
    pub fn mapped_address(&self) -> Option<SocketAddr> {
        self.mapped_address
    }

    /// Returns the number of ERROR-CODE, 300..=699.
    pub fn error_code(&self) -> Option<u16> {
        self.error_code
    }

    /// Returns the attributes that had to be understood and were not, at most [`MAX_UNKNOWN`], in order.
    pub fn unknown_attributes(&self) -> &[u16] {
        self.unknown.get(..self.unknown_count).unwrap_or_default()
    }

    /// Returns whether there is a MESSAGE-INTEGRITY to verify.
    pub fn has_integrity(&self) -> bool {
        self.integrity_at.is_some()
    }

    /// Returns whether MESSAGE-INTEGRITY is there and was made with `key`, the password of the receiving side.
    pub fn verify_integrity(&self, key: &[u8]) -> bool {
        self.integrity_at.is_some_and(|at| integrity::verify_hmac_sha1(self.raw, at, key))
    }

    /// Returns whether FINGERPRINT is right, or `None` when there is none.
    pub fn verify_fingerprint(&self) -> Option<bool> {
        self.fingerprint.map(|(at, claimed)| integrity::fingerprint(self.raw, at) == Some(claimed))
    }

    fn read_attributes(&mut self) -> Result<(), StunError> {
        let mut at = HEADER_LEN;
        let mut sealed = false;
        for _ in 0..=MAX_ATTRIBUTES {
            if at >= self.raw.len() {
                return Ok(());
            }
            if self.fingerprint.is_some() {
                return Err(StunError::BadAttribute);
            }
            let (kind, value, next) = attribute_at(self.raw, at).ok_or(StunError::BadAttribute)?;
            match kind {
                attribute::MESSAGE_INTEGRITY | attribute::MESSAGE_INTEGRITY_SHA256 => {
                    self.read_integrity(kind, value, at)?;
                    sealed = true;
                }
                attribute::FINGERPRINT => {
                    self.fingerprint = Some((at, exactly(value, 4, u32_at)?));
                }
                _ if sealed => {}
                _ => self.read_value(kind, value)?,
            }
            at = next;
        }
        Err(StunError::TooManyAttributes)
    }

    fn read_integrity(&mut self, kind: u16, value: &[u8], at: usize) -> Result<(), StunError> {
        if kind == attribute::MESSAGE_INTEGRITY && self.integrity_at.is_none() {
            if value.len() != INTEGRITY_LEN {
                return Err(StunError::BadAttribute);
            }
            self.integrity_at = Some(at);
        }
        Ok(())
    }

    fn read_value(&mut self, kind: u16, value: &'a [u8]) -> Result<(), StunError> {
        match kind {
            attribute::USERNAME => keep_first(&mut self.username, value),
            attribute::PRIORITY => keep_first(&mut self.priority, exactly(value, 4, u32_at)?),
            attribute::USE_CANDIDATE => self.use_candidate = true,
            attribute::ICE_CONTROLLING => {
                keep_first(&mut self.role, IceRole::Controlling(exactly(value, 8, u64_at)?));
            }
            attribute::ICE_CONTROLLED => {
                keep_first(&mut self.role, IceRole::Controlled(exactly(value, 8, u64_at)?));
            }
            attribute::XOR_MAPPED_ADDRESS => {
                let address = read_xor_address(value, &self.transaction_id).ok_or(StunError::BadAttribute)?;
                keep_first(&mut self.mapped_address, address);
            }
            attribute::ERROR_CODE => {
                keep_first(&mut self.error_code, read_error_code(value).ok_or(StunError::BadAttribute)?);
            }
            attribute::MAPPED_ADDRESS
            | attribute::UNKNOWN_ATTRIBUTES
            | attribute::REALM
            | attribute::NONCE
            | attribute::PASSWORD_ALGORITHM
            | attribute::USERHASH => {}
            _ if kind < attribute::FIRST_OPTIONAL => self.note_unknown(kind),
            _ => {}
        }
        Ok(())
    }

    fn note_unknown(&mut self, kind: u16) {
        if let Some(place) = self.unknown.get_mut(self.unknown_count) {
            *place = kind;
            self.unknown_count = self.unknown_count.saturating_add(1);
        }
    }
}

/// Returns the attribute at `at`, and where the next begins.
fn attribute_at(message: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let kind = u16_at(message, at)?;
    let len = usize::from(u16_at(message, at.checked_add(2)?)?);
    let start = at.checked_add(4)?;
    let value = slice_at(message, start, len)?;
    let next = start.checked_add(len)?.checked_add(padding_to_word(len))?;
    (next <= message.len()).then_some((kind, value, next))
}

fn keep_first<T>(place: &mut Option<T>, value: T) {
    if place.is_none() {
        *place = Some(value);
    }
}

fn exactly<T>(value: &[u8], len: usize, read: fn(&[u8], usize) -> Option<T>) -> Result<T, StunError> {
    if value.len() != len {
        return Err(StunError::BadAttribute);
    }
    read(value, 0).ok_or(StunError::BadAttribute)
}

/// RFC 8489 §14.2: the port is XORed with the cookie's upper half, the address with cookie and transaction id.
fn read_xor_address(value: &[u8], transaction_id: &TransactionId) -> Option<SocketAddr> {
    let port = u16_at(value, 2)? ^ (MAGIC_COOKIE >> 16) as u16;
    let address = match (u8_at(value, 1)?, value.len()) {
        (1, 8) => IpAddr::V4(Ipv4Addr::from(u32_at(value, 4)? ^ MAGIC_COOKIE)),
        (2, 20) => {
            let masked = u128::from_be_bytes(array_at(value, 4)?);
            IpAddr::V6(Ipv6Addr::from(masked ^ v6_mask(transaction_id)))
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// Returns what a v6 address is XORed with: the cookie, then the transaction id.
pub(super) fn v6_mask(transaction_id: &TransactionId) -> u128 {
    let mut id = [0; 16];
    let [_, _, _, _, tail @ ..] = &mut id;
    *tail = transaction_id.0;
    u128::from(MAGIC_COOKIE) << 96 | u128::from_be_bytes(id)
}

fn read_error_code(value: &[u8]) -> Option<u16> {
    let class = u16::from(u8_at(value, 2)? & 7);
    let number = u16::from(u8_at(value, 3)?);
    if !(3..=6).contains(&class) || number > 99 {
        return None;
    }
    class.checked_mul(100)?.checked_add(number)
}
