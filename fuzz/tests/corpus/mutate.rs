//! Changes to inputs, blindly: what a fuzzer does that cannot see.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Changes made to one input at a time.
const CHANGES_MAX: usize = 6;
/// What is copied or put in at a time.
const PIECE_BYTES_MAX: usize = 64;

/// Bytes with a meaning to one reader or another.
const TELLING: [&[u8]; 24] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"-1",
    b"0",
    b"18446744073709551615",
    b"1e999",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\n",
    b"\r",
    b"\t",
    b"%",
    b"/",
    b"=",
    b"\xe2\x80\xa8",
    b"<",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
];

pub struct Mutator {
    inputs: Vec<Vec<u8>>,
    bytes_max: usize,
    random: SmallRng,
}

impl Mutator {
    pub fn new(inputs: Vec<Vec<u8>>, bytes_max: usize) -> Self {
        Self { inputs, bytes_max, random: SmallRng::from_os_rng() }
    }

    /// One of the inputs, changed in a few places.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.inputs[self.random.random_range(0..self.inputs.len())].clone();
        for _ in 0..self.random.random_range(1..=CHANGES_MAX) {
            self.change(&mut input);
        }
        input.truncate(self.bytes_max);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = (at + self.random.random_range(0..=PIECE_BYTES_MAX)).min(input.len());
        match self.random.random_range(0..7) {
            0 if at < input.len() => input[at] ^= 1 << self.random.random_range(0..8),
            1 if at < input.len() => input[at] = self.random.random(),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                let to = self.random.random_range(0..=input.len());
                input.splice(to..to, piece);
            }
            4 => {
                let telling = TELLING[self.random.random_range(0..TELLING.len())];
                input.splice(at..at, telling.iter().copied());
            }
            5 => input.truncate(at),
            _ => {
                let other = &self.inputs[self.random.random_range(0..self.inputs.len())];
                let from = self.random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
}
