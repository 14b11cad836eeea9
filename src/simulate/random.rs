//! Reproducible pseudo-random numbers for seeded data: the same seed and index give the same number on every machine.

/// A well mixed number for (seed, index): splitmix64.
pub(super) fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A hash of some bytes that does not change from run to run: FNV-1a.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// One of the choices.
pub(super) fn pick<T: Copy>(choices: &[T], number: u64) -> Option<T> {
    let index = usize::try_from(number % u64::try_from(choices.len()).ok()?.max(1)).ok()?;
    choices.get(index).copied()
}
