//! Which shard a stream belongs to.
//!
//! Why: every stream has one committer, so that its turns have one order. The choice must be the
//! same in every process that ever opens the data directory: it is part of the format on disk,
//! and the hash below can never change.

use std::fmt;

use crate::StreamId;
use crate::limits::SHARDS_MAX;

/// How many shards a data directory has, from one to [`SHARDS_MAX`]. Fixed when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardCount(u16);

/// A number of shards that no data directory can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} shards: the shard count must be from 1 to {SHARDS_MAX}")]
pub struct ShardCountOutOfRange(pub u16);

impl ShardCount {
    /// # Errors
    /// [`ShardCountOutOfRange`] for zero and above [`SHARDS_MAX`].
    pub const fn new(count: u16) -> Result<ShardCount, ShardCountOutOfRange> {
        if count == 0 || count > SHARDS_MAX {
            return Err(ShardCountOutOfRange(count));
        }
        Ok(ShardCount(count))
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    /// The shard of a stream, from zero.
    pub(crate) fn shard_of(self, stream: StreamId) -> usize {
        // A remainder below `SHARDS_MAX`: it fits.
        (hash(stream) % u64::from(self.0)) as usize
    }

    pub(crate) fn indexes(self) -> std::ops::Range<usize> {
        0..usize::from(self.0)
    }
}

impl fmt::Display for ShardCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// FNV-1a over kind and id, with the finishing mix of MurmurHash3, because the low bits of plain
/// FNV are weak and the remainder uses just those. Written out so that no update of a library
/// can move a stream.
fn hash(stream: StreamId) -> u64 {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = stream.id.iter().fold(fnv(0xcbf2_9ce4_8422_2325, &stream.kind), fnv);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kept samples: if this fails, existing data directories can no longer be read.
    #[test]
    fn a_stream_stays_in_its_shard_forever() {
        let counting: [u8; 16] = std::array::from_fn(|index| index as u8);
        let samples = [
            (0, [0; 16], 0x0db1_146c_1aee_7a56, [0, 2, 6, 22]),
            (1, [0; 16], 0x0554_c044_b28e_c101, [0, 1, 0, 1]),
            (1, counting, 0xf694_47ca_cfb2_b739, [0, 1, 4, 57]),
            (255, [255; 16], 0xc273_9e76_ec3f_5061, [0, 1, 1, 33]),
            (7, *b"paceline-stream!", 0x07b8_9145_4fd6_a65c, [0, 0, 4, 28]),
        ];
        for (kind, id, hashed, shards) in samples {
            let stream = StreamId { kind, id };
            assert_eq!(hash(stream), hashed, "{stream:?}");
            for (count, shard) in [1, 4, 7, 64].into_iter().zip(shards) {
                assert_eq!(ShardCount::new(count).unwrap().shard_of(stream), shard, "{stream:?}");
            }
        }
    }

    #[test]
    fn streams_that_differ_in_one_low_byte_spread_over_all_shards() {
        let count = ShardCount::new(4).unwrap();
        let mut streams = [0; 4];
        for index in 0..4_000_u128 {
            streams[count.shard_of(StreamId { kind: 1, id: index.to_be_bytes() })] += 1;
        }
        assert!(streams.iter().all(|held| (900..1_100).contains(held)), "{streams:?}");
    }

    #[test]
    fn no_shard_and_too_many_shards_are_refused() {
        assert_eq!(ShardCount::new(0), Err(ShardCountOutOfRange(0)));
        assert_eq!(ShardCount::new(SHARDS_MAX + 1), Err(ShardCountOutOfRange(SHARDS_MAX + 1)));
        assert_eq!(ShardCount::new(SHARDS_MAX).map(ShardCount::get), Ok(SHARDS_MAX));
    }
}
