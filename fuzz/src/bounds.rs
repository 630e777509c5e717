//! What a reader may take of memory and time.
//!
//! Memory is what the reading thread holds at once. Time is CPU time of this thread, so that a
//! busy machine does not count; a bound is met if one of several tries meets it, for a page that
//! is touched first costs more than reading it.

use std::hint::black_box;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// In proportion to the input, and what a reader takes whatever it reads.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub memory_times: u64,
    pub memory_flat: u64,
    pub time_byte: Duration,
    pub time_flat: Duration,
}

/// Of the wire: whoever sends a body gets no more than this for it.
pub const WIRE: Bounds = Bounds {
    memory_times: 64,
    memory_flat: 64 * 1024,
    time_byte: Duration::from_nanos(300),
    time_flat: Duration::from_millis(20),
};

/// Of files: an operator waits, but not for ever.
pub const FILE: Bounds = Bounds { memory_flat: 1024 * 1024, ..WIRE };

/// Of the disk: a sequence is given room for a mebibyte before its elements are seen, and five of
/// them lie inside of one another.
pub const DISK: Bounds = Bounds { memory_flat: 6 * 1024 * 1024, ..WIRE };

const TRIES: usize = 4;

/// Reads, and panics if that takes more than it may.
pub fn within<T>(bounds: Bounds, input: &[u8], read: impl Fn(&[u8]) -> T) -> T {
    let memory_max = bounds.memory_flat + bounds.memory_times * input.len() as u64;
    let byte_nanos = u64::try_from(bounds.time_byte.as_nanos()).expect("below a second");
    let time_max = bounds.time_flat + Duration::from_nanos(byte_nanos * input.len() as u64);
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        let mut done = None;
        let began = cpu_time();
        let held = allocation_counter::measure(|| done = Some(read(black_box(input))));
        fastest = fastest.min(cpu_time().saturating_sub(began));
        let (bytes, most) = (input.len(), held.bytes_max);
        assert!(most <= memory_max, "{bytes} bytes of input take {most} bytes of memory");
        if fastest <= time_max {
            return done.expect("measuring runs the reader");
        }
    }
    panic!("{} bytes of input take {fastest:?}", input.len());
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("threads have a clock").into()
}
