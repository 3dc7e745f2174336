//! Master keys, and how DTLS hands them out (RFC 5764 §4.2).

use std::fmt;

use zeroize::Zeroize;

use crate::{InboundContext, KeyError, OutboundContext, Profile};

/// The longest master key and salt.
const MAX_KEY: usize = 32;
const MAX_SALT: usize = 14;

/// The master key and salt of one direction; never shown, wiped when dropped.
#[derive(Clone)]
pub struct MasterKey {
    profile: Profile,
    key: [u8; MAX_KEY],
    salt: [u8; MAX_SALT],
}

impl MasterKey {
    /// Takes a key and salt of exactly the profile's lengths.
    ///
    /// # Errors
    /// [`KeyError::WrongLength`] for any other.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, KeyError> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
            return Err(KeyError::WrongLength);
        }
        let mut master = Self { profile, key: [0; MAX_KEY], salt: [0; MAX_SALT] };
        master.key.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        master.salt.iter_mut().zip(salt).for_each(|(to, from)| *to = *from);
        Ok(master)
    }

    /// Returns the profile the key is for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.key.get(..self.profile.key_len()).unwrap_or_default()
    }

    /// Returns the salt in the 14 bytes that key derivation wants; shorter ones end in zeros (RFC 7714 §11).
    pub(crate) fn salt(&self) -> &[u8; MAX_SALT] {
        &self.salt
    }
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.key.zeroize();
        self.salt.zeroize();
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// Makes the two contexts of a transport from what DTLS exported under `EXTRACTOR-dtls_srtp`.
///
/// `material` is `profile.keying_material_len()` bytes: client key, server key, client salt, server salt.
/// `is_server` says which of the two we were in the DTLS handshake.
///
/// # Errors
/// [`KeyError`] when `material` has another length or the cipher refuses a key.
pub fn split(
    profile: Profile,
    material: &[u8],
    is_server: bool,
) -> Result<(InboundContext, OutboundContext), KeyError> {
    if material.len() != profile.keying_material_len() {
        return Err(KeyError::WrongLength);
    }
    let mut parts = Parts(material);
    let [client_key, server_key] = [parts.take(profile.key_len())?, parts.take(profile.key_len())?];
    let [client_salt, server_salt] = [parts.take(profile.salt_len())?, parts.take(profile.salt_len())?];
    let client = MasterKey::new(profile, client_key, client_salt)?;
    let server = MasterKey::new(profile, server_key, server_salt)?;
    let (inbound, outbound) = if is_server { (client, server) } else { (server, client) };
    Ok((InboundContext::new(&inbound)?, OutboundContext::new(&outbound)?))
}

struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], KeyError> {
        let (part, rest) = self.0.split_at_checked(len).ok_or(KeyError::WrongLength)?;
        self.0 = rest;
        Ok(part)
    }
}
