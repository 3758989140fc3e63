//! Dice: all chance in a sandbox, a pure function of the seed and the place it is asked for.
//!
//! Always true: the same seed, collection, record and expression give the same throws on every machine,
//! in whatever order records are asked for.

use std::sync::atomic::{AtomicU64, Ordering};

/// FNV-1a over several parts, then mixed.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in *part {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        state = (state ^ 0xff).wrapping_mul(0x0100_0000_01b3);
    }
    mix(state)
}

/// Combines two numbers into a third that looks unrelated.
pub(crate) fn combine(a: u64, b: u64) -> u64 {
    mix(a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23))
}

/// The finaliser of splitmix64.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of throws.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits.
    pub fn next(&self) -> u64 {
        mix(self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `bound`; 0 if the bound is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        (wide >> 64) as u64
    }

    /// A number between both, both included.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True with the given chance.
    pub fn chance(&self, chance: f64) -> bool {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 <= chance
    }
}
