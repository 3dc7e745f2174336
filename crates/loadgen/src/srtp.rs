//! SRTP and SRTCP (RFC 3711, RFC 7714), written apart from the server's so that one can check the other.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use dimpl::SrtpProfile;

const GCM_TAG: usize = 16;
const CM_TAG: usize = 10;
/// Length of the RTCP header that stays readable.
const RTCP_CLEAR: usize = 8;
/// Set in front of an SRTCP index: the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;

/// Keys of one direction.
pub(crate) struct Context {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

enum Cipher {
    Gcm { key: Box<LessSafeKey>, salt: [u8; 12] },
    Cm { key: Box<EncryptingKey>, salt: [u8; 14], mac: Box<hmac::Key> },
}

/// Returns the contexts for sending and receiving from the exported keying material (RFC 5764 section 4.2).
pub(crate) fn contexts(profile: SrtpProfile, material: &[u8], client: bool) -> Option<(Context, Context)> {
    let (key_len, salt_len) = match profile {
        SrtpProfile::AEAD_AES_256_GCM => (32, 12),
        SrtpProfile::AEAD_AES_128_GCM => (16, 12),
        SrtpProfile::AES128_CM_SHA1_80 => (16, 14),
        _ => return None,
    };
    let (keys, salts) = material.get(..2 * (key_len + salt_len))?.split_at(2 * key_len);
    let side = |at: usize| {
        let key = &keys[at * key_len..(at + 1) * key_len];
        Context::new(key, &salts[at * salt_len..(at + 1) * salt_len]).ok()
    };
    let (first, second) = (side(0)?, side(1)?);
    Some(if client { (first, second) } else { (second, first) })
}

/// Returns the name of a profile as registered.
pub(crate) fn name(profile: SrtpProfile) -> &'static str {
    match profile {
        SrtpProfile::AEAD_AES_256_GCM => "AEAD_AES_256_GCM",
        SrtpProfile::AEAD_AES_128_GCM => "AEAD_AES_128_GCM",
        SrtpProfile::AES128_CM_SHA1_80 => "AES128_CM_SHA1_80",
        _ => "unknown",
    }
}

/// Fills `out` with the session key of a label (RFC 3711 section 4.3).
fn derive(master: &[u8], salt: &[u8], label: u8, out: &mut [u8]) -> Result<(), Unspecified> {
    let mut iv = [0; 16];
    iv[..salt.len()].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    stream(&counter_key(master)?, iv, out)
}

fn counter_key(key: &[u8]) -> Result<EncryptingKey, Unspecified> {
    let algorithm = if key.len() == 32 { &AES_256 } else { &AES_128 };
    EncryptingKey::ctr(UnboundCipherKey::new(algorithm, key)?)
}

fn stream(key: &EncryptingKey, iv: [u8; 16], data: &mut [u8]) -> Result<(), Unspecified> {
    key.less_safe_encrypt(data, EncryptionContext::Iv128(FixedLength::from(iv))).map(|_| ())
}

impl Cipher {
    fn new(master: &[u8], master_salt: &[u8], first_label: u8) -> Result<Self, Unspecified> {
        let mut key = vec![0; master.len()];
        derive(master, master_salt, first_label, &mut key)?;
        let mut salt = [0; 14];
        derive(master, master_salt, first_label + 2, &mut salt[..master_salt.len()])?;
        if master_salt.len() == 12 {
            let algorithm = if master.len() == 32 { &AES_256_GCM } else { &AES_128_GCM };
            let key = Box::new(LessSafeKey::new(UnboundKey::new(algorithm, &key)?));
            let mut short = [0; 12];
            short.copy_from_slice(&salt[..12]);
            return Ok(Self::Gcm { key, salt: short });
        }
        let mut mac = [0; 20];
        derive(master, master_salt, first_label + 1, &mut mac)?;
        let mac = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac);
        Ok(Self::Cm { key: Box::new(counter_key(&key)?), salt, mac: Box::new(mac) })
    }
}

/// XORs `ssrc` and the last bytes of `index` into a salt, as both profiles do.
fn mix(iv: &mut [u8], ssrc_at: usize, ssrc: u32, index: &[u8]) {
    let index_at = ssrc_at + 4;
    for (byte, with) in iv[ssrc_at..].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= with;
    }
    for (byte, with) in iv[index_at..].iter_mut().zip(index) {
        *byte ^= with;
    }
}

fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
    let mut iv = *salt;
    mix(&mut iv, 2, ssrc, &index.to_be_bytes()[2..]);
    Nonce::assume_unique_for_key(iv)
}

fn cm_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    mix(&mut iv, 4, ssrc, &index.to_be_bytes()[2..]);
    iv
}

fn tag_of(mac: &hmac::Key, parts: [&[u8]; 2]) -> [u8; CM_TAG] {
    let mut context = hmac::Context::with_key(mac);
    parts.iter().for_each(|part| context.update(part));
    let mut tag = [0; CM_TAG];
    tag.copy_from_slice(&context.sign().as_ref()[..CM_TAG]);
    tag
}

impl Context {
    fn new(master: &[u8], salt: &[u8]) -> Result<Self, Unspecified> {
        Ok(Self { rtp: Cipher::new(master, salt, 0)?, rtcp: Cipher::new(master, salt, 3)?, rtcp_index: 0 })
    }

    /// Seals the RTP packet that starts at `start` of `buffer`; `index` is the 48-bit packet index.
    pub(crate) fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), Unspecified> {
        let (clear, body) = buffer[start..].split_at_mut(header);
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, ssrc, index);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*clear), body)?;
                buffer.extend_from_slice(tag.as_ref());
            }
            Cipher::Cm { key, salt, mac } => {
                stream(key, cm_iv(salt, ssrc, index), body)?;
                let rollover = ((index >> 16) as u32).to_be_bytes();
                let tag = tag_of(mac, [&buffer[start..], &rollover]);
                buffer.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Opens an RTP packet in place and returns the length of its payload, or `None` if it is not genuine.
    pub(crate) fn open_rtp(&self, packet: &mut [u8], header: usize, ssrc: u32, index: u64) -> Option<usize> {
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let (clear, body) = packet.split_at_mut_checked(header)?;
                let nonce = gcm_nonce(salt, ssrc, index);
                key.open_in_place(nonce, Aad::from(&*clear), body).ok().map(|payload| payload.len())
            }
            Cipher::Cm { key, salt, mac } => {
                let end = packet.len().checked_sub(CM_TAG).filter(|end| *end >= header)?;
                let (message, tag) = packet.split_at_mut(end);
                if tag_of(mac, [message, &((index >> 16) as u32).to_be_bytes()]) != *tag {
                    return None;
                }
                stream(key, cm_iv(salt, ssrc, index), &mut message[header..]).ok()?;
                Some(end - header)
            }
        }
    }

    /// Seals the RTCP packet that starts at `start` of `buffer`.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> Result<(), Unspecified> {
        let index = self.rtcp_index;
        self.rtcp_index += 1;
        let trailer = (index | ENCRYPTED).to_be_bytes();
        let ssrc = word(&buffer[start..], 4).ok_or(Unspecified)?;
        let (clear, body) = buffer[start..].split_at_mut(RTCP_CLEAR);
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let aad = control_aad(clear, trailer);
                let nonce = gcm_nonce(salt, ssrc, u64::from(index));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), body)?;
                buffer.extend_from_slice(tag.as_ref());
                buffer.extend_from_slice(&trailer);
            }
            Cipher::Cm { key, salt, mac } => {
                stream(key, cm_iv(salt, ssrc, u64::from(index)), body)?;
                let tag = tag_of(mac, [&buffer[start..], &trailer]);
                buffer.extend_from_slice(&trailer);
                buffer.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Opens an RTCP packet in place and returns it, or `None` if it is not genuine.
    pub(crate) fn open_rtcp<'a>(&self, packet: &'a mut [u8]) -> Option<&'a [u8]> {
        let ssrc = word(packet, 4)?;
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let at = packet.len().checked_sub(4).filter(|at| *at >= RTCP_CLEAR + GCM_TAG)?;
                let trailer = word(packet, at).filter(|word| word & ENCRYPTED != 0)?;
                let (clear, body) = packet[..at].split_at_mut(RTCP_CLEAR);
                let aad = control_aad(clear, trailer.to_be_bytes());
                let nonce = gcm_nonce(salt, ssrc, u64::from(trailer & !ENCRYPTED));
                let len = key.open_in_place(nonce, Aad::from(aad), body).ok()?.len();
                Some(&packet[..RTCP_CLEAR + len])
            }
            Cipher::Cm { key, salt, mac } => {
                let at = packet.len().checked_sub(4 + CM_TAG).filter(|at| *at >= RTCP_CLEAR)?;
                let trailer = word(packet, at).filter(|word| word & ENCRYPTED != 0)?;
                let (message, rest) = packet.split_at_mut(at);
                if tag_of(mac, [message, &rest[..4]]) != rest[4..] {
                    return None;
                }
                stream(key, cm_iv(salt, ssrc, u64::from(trailer & !ENCRYPTED)), &mut message[RTCP_CLEAR..])
                    .ok()?;
                Some(&packet[..at])
            }
        }
    }
}

fn control_aad(clear: &[u8], trailer: [u8; 4]) -> [u8; RTCP_CLEAR + 4] {
    let mut aad = [0; RTCP_CLEAR + 4];
    aad[..RTCP_CLEAR].copy_from_slice(clear);
    aad[RTCP_CLEAR..].copy_from_slice(&trailer);
    aad
}

/// Returns the big-endian word at `at`.
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [(SrtpProfile, usize); 3] = [
        (SrtpProfile::AEAD_AES_256_GCM, 16),
        (SrtpProfile::AEAD_AES_128_GCM, 16),
        (SrtpProfile::AES128_CM_SHA1_80, 10),
    ];
    const SSRC: u32 = 0x0102_0304;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
    }

    /// Contexts of the two ends: what the client sends with, what the server receives with.
    fn ends(profile: SrtpProfile) -> (Context, Context) {
        let material: Vec<u8> = (0..88).collect();
        let (send, _) = contexts(profile, &material, true).expect("a known profile");
        let (_, receive) = contexts(profile, &material, false).expect("a known profile");
        (send, receive)
    }

    fn packet() -> Vec<u8> {
        let mut packet = vec![0x80, 96, 0, 7, 0, 0, 0, 0];
        packet.extend_from_slice(&SSRC.to_be_bytes());
        packet.extend_from_slice(&[5; 50]);
        packet
    }

    #[test]
    fn session_keys_are_those_of_rfc_3711_appendix_b_3() {
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
        let expected = [
            (0, "C61E7A93744F39EE10734AFE3FF7A087"),
            (2, "30CBBC08863D8C85D49DB34A9AE1"),
            (1, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"),
        ];
        for (label, key) in expected {
            let mut derived = vec![0; key.len() / 2];
            derive(&master, &salt, label, &mut derived).expect("derives");
            assert_eq!(derived, hex(key), "label {label}");
        }
    }

    #[test]
    fn the_key_stream_is_that_of_rfc_3711_appendix_b_2() {
        let key = counter_key(&hex("2B7E151628AED2A6ABF7158809CF4F3C")).expect("a key");
        let mut salt = [0; 14];
        salt.copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
        let mut zeros = [0; 32];
        stream(&key, cm_iv(&salt, 0, 0), &mut zeros).expect("a stream");
        assert_eq!(zeros.to_vec(), hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"));
    }

    #[test]
    fn media_of_every_profile_opens_at_the_other_end_and_only_unchanged() {
        for (profile, tag) in PROFILES {
            let (mut send, receive) = ends(profile);
            // Behind the second rollover, after other bytes in the buffer.
            let index = 2 << 16 | 7;
            let mut buffer = vec![9; 3];
            buffer.extend(packet());
            send.seal_rtp(&mut buffer, 3, 12, SSRC, index).expect("seals");
            let sealed = buffer.split_off(3);
            assert_eq!(sealed.len(), packet().len() + tag);
            assert_ne!(sealed[12..62], packet()[12..]);
            for at in [0, 11, 12, 61, sealed.len() - 1] {
                let mut forged = sealed.clone();
                forged[at] ^= 1;
                assert_eq!(receive.open_rtp(&mut forged, 12, SSRC, index), None, "{profile:?} at {at}");
            }
            assert_eq!(receive.open_rtp(&mut sealed.clone(), 12, SSRC, index + (1 << 16)), None);
            let mut opened = sealed;
            assert_eq!(receive.open_rtp(&mut opened, 12, SSRC, index), Some(50));
            assert_eq!(opened[..62], packet());
            (0..12 + tag).for_each(|len| assert_eq!(receive.open_rtp(&mut vec![1; len], 12, SSRC, 0), None));
        }
    }

    #[test]
    fn control_of_every_profile_opens_at_the_other_end_and_only_unchanged() {
        for (profile, tag) in PROFILES {
            let (mut send, receive) = ends(profile);
            let mut plain = vec![0x80, 201, 0, 1, 1, 2, 3, 4, 6, 6, 6, 6];
            plain.extend([0x80, 203, 0, 0]);
            for index in 0..2u8 {
                let mut sealed = plain.clone();
                send.seal_rtcp(&mut sealed, 0).expect("seals");
                assert_eq!(sealed.len(), plain.len() + tag + 4);
                for at in 0..sealed.len() {
                    let mut forged = sealed.clone();
                    forged[at] ^= 1;
                    assert_eq!(receive.open_rtcp(&mut forged), None, "{profile:?} {index} at {at}");
                }
                assert_eq!(receive.open_rtcp(&mut sealed), Some(&plain[..]));
            }
            (0..20).for_each(|len| assert_eq!(receive.open_rtcp(&mut vec![1; len]), None));
        }
    }
}
