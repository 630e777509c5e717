use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const AT: Millis = Millis(1_700_000_000_000);

fn stream() -> StreamId {
    StreamId { kind: 2, id: std::array::from_fn(|index| 0xa0 + index as u8) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Kept samples of format 1. They were computed apart from this code. If one fails, data that is
/// out there can no longer be read: a new layout gets a new format number, and keeps these.
mod kept_samples_of_format_1 {
    use super::*;

    #[test]
    fn record() {
        let key = record_key(stream(), Version(7));
        assert_eq!(hex(&key), "02a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0000000000000007");
        assert_eq!(hex(Sealer::default().record(&key, b"created")), "01d339774463726561746564");
    }

    #[test]
    fn snapshot() {
        let key = stream_key(stream());
        assert_eq!(hex(&key), "02a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
        assert_eq!(
            hex(Sealer::default().snapshot(&key, Version(7), b"open")),
            "0101f56f7f00000000000000076f70656e"
        );
    }

    #[test]
    fn head() {
        let key = stream_key(stream());
        let idle = Head { version: Version(7), due_at: None };
        let due = Head { version: Version(7), due_at: Some(AT) };
        assert_eq!(hex(Sealer::default().head(&key, idle)), "01b28da69e000000000000000700");
        assert_eq!(
            hex(Sealer::default().head(&key, due)),
            "01e20229f40000000000000007010000018bcfe56800"
        );
    }

    #[test]
    fn answer() {
        let answer = Answer { stream: stream(), body: Bytes::from_static(b"201"), expires_at: AT };
        assert_eq!(
            hex(Sealer::default().answer(b"caller/op/1", &answer)),
            "0118a4f7b202a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0000018bcfe56800323031"
        );
    }

    #[test]
    fn due() {
        let key = due_key(DueAt { at: AT, stream: stream() });
        assert_eq!(hex(&key), "0000018bcfe5680002a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
        assert_eq!(hex(Sealer::default().due(&key, b"retry")), "0166755f507265747279");
    }
}

#[test]
fn what_was_sealed_is_what_is_opened() {
    let mut sealer = Sealer::default();
    let key = stream_key(stream());
    let head = Head { version: Version(3), due_at: Some(AT) };
    assert_eq!(open_head(&key, sealer.head(&key, head)), Ok(head));
    let state = Bytes::from_static(b"state");
    let opened = open_snapshot(&key, sealer.snapshot(&key, Version(3), &state));
    assert_eq!(opened, Ok((Version(3), state.clone())));
    let answer = Answer { stream: stream(), body: state, expires_at: AT };
    let value = sealer.answer(b"k", &answer).to_vec();
    assert_eq!(open_answer(b"k", &value), Ok(answer));
    assert_eq!(answer_expires_at(b"k", &value), Ok(AT));
    assert_eq!(parse_due_key(&due_key(DueAt { at: AT, stream: stream() })).unwrap().at, AT);
    assert_eq!(record_version(&record_key(stream(), Version(9))), Some(Version(9)));
}

#[test]
fn no_bit_of_a_value_can_be_flipped_unnoticed() {
    let key = record_key(stream(), Version(1));
    let value = Sealer::default().record(&key, b"captured 100").to_vec();
    for bit in 0..value.len() * 8 {
        let mut flipped = value.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(Family::Records, &key, &flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn a_value_cannot_be_cut_short_or_grow_unnoticed() {
    let key = record_key(stream(), Version(1));
    let value = Sealer::default().record(&key, b"captured 100").to_vec();
    for length in 0..value.len() {
        assert!(open(Family::Records, &key, &value[..length]).is_err(), "{length} bytes");
    }
    assert!(open(Family::Records, &key, &[&value[..], &[0]].concat()).is_err());
}

#[test]
fn a_value_under_another_key_or_in_another_family_is_found_out() {
    let key = record_key(stream(), Version(1));
    let value = Sealer::default().record(&key, b"captured 100").to_vec();
    let moved = record_key(stream(), Version(2));
    assert_eq!(open(Family::Records, &moved, &value), Err(Malformed::Checksum));
    assert_eq!(open(Family::Due, &key, &value), Err(Malformed::Checksum));
    // The last byte of the key, moved to the front of what it is the key of.
    let (short, last) = key.split_at(key.len() - 1);
    let grown = [&value[..HEADER_BYTES], last, &value[HEADER_BYTES..]].concat();
    assert_eq!(open(Family::Records, short, &grown), Err(Malformed::Checksum));
}

#[test]
fn a_format_of_the_future_is_not_guessed_at() {
    let mut value = Sealer::default().record(b"k", b"v").to_vec();
    value[0] = FORMAT + 1;
    assert_eq!(open(Family::Records, b"k", &value), Err(Malformed::Format(FORMAT + 1)));
}

proptest! {
    /// Behind a checksum that is right, as after a mistake of ours.
    #[test]
    fn what_is_read_of_any_payload_is_written_as_the_same(
        key in vec(any::<u8>(), 0..40),
        payload in vec(any::<u8>(), 0..64),
    ) {
        let sealed = |family| {
            let mut sealer = Sealer::default();
            sealer.seal(family, &key, &[&payload]).to_vec()
        };
        let mut sealer = Sealer::default();
        let value = sealed(Family::Heads);
        if let Ok(head) = open_head(&key, &value) {
            let again = sealer.head(&key, head);
            prop_assert_eq!(again, &value);
        }
        let value = sealed(Family::Snapshots);
        if let Ok((version, state)) = open_snapshot(&key, &value) {
            prop_assert_eq!(sealer.snapshot(&key, version, &state), &value);
        }
        let value = sealed(Family::Answers);
        if let Ok(answer) = open_answer(&key, &value) {
            prop_assert_eq!(answer_expires_at(&key, &value), Ok(answer.expires_at));
            prop_assert_eq!(sealer.answer(&key, &answer), &value);
        }
        if let Some(due) = parse_due_key(&payload) {
            prop_assert_eq!(due_key(due).to_vec(), payload);
        }
    }

    #[test]
    fn bytes_that_nobody_sealed_are_refused(
        key in vec(any::<u8>(), 0..40),
        mut value in vec(any::<u8>(), 0..64),
    ) {
        prop_assert!(Family::ALL.iter().all(|family| open(*family, &key, &value).is_err()));
        value.insert(0, FORMAT);
        prop_assert!(Family::ALL.iter().all(|family| open(*family, &key, &value).is_err()));
    }
}
