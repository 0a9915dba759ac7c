//! Randomness that nobody knows before.

use crate::error::Error;

/// Bytes from the system.
///
/// # Errors
/// If it has none.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Run(e.to_string()))?;
    Ok(bytes)
}
