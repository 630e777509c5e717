use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const RUNNING: &str = include_str!("../../tests/samples/v1/remembered-running.hex");
const ANSWERED: &str = include_str!("../../tests/samples/v1/remembered-answered.hex");
const BODY: &str = concat!(
    r#"{"id":"gid://merchant.example.com/Checkout/chk_0123456789abcdef0123456789abcdef","#,
    r#""status":"completed"}"#
);

/// 0, 1, 2 and so on.
fn fingerprint() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The rest of what is stored: `tests/codec`.
#[test]
fn what_is_remembered_is_read_and_written_as_ever() {
    let reply = Reply { status: 201, body: BODY.into() };
    for (kept, reply) in [(RUNNING, None), (ANSWERED, Some(reply))] {
        let remembered = Remembered { fingerprint: fingerprint(), reply };
        assert_eq!(Remembered::from_bytes(&bytes(kept)).unwrap(), remembered);
        assert_eq!(remembered.to_bytes(), bytes(kept));
    }
}

#[test]
fn what_another_version_wrote_is_not_guessed_at() {
    let mut newer = bytes(ANSWERED);
    newer[0] = VERSION + 1;
    let unknown = CodecError::UnknownVersion(VERSION + 1);
    assert_eq!(Remembered::from_bytes(&newer), Err(unknown.clone()));
    assert_eq!(decode::<Vec<u8>>(&newer), Err(unknown));
}

#[test]
fn what_is_cut_short_is_malformed_wherever_the_cut() {
    let whole = bytes(ANSWERED);
    for length in 0..whole.len() {
        let read = Remembered::from_bytes(&whole[..length]);
        assert!(matches!(read, Err(CodecError::Malformed(_))), "{length} bytes read as {read:?}");
    }
}

proptest! {
    #[test]
    fn what_is_read_of_any_bytes_is_written_to_what_is_read_as_the_same(
        body in vec(any::<u8>(), 0..128),
    ) {
        for start in [&[][..], &[VERSION], &[VERSION; 33]] {
            let given = [start, &body].concat();
            if let Ok(read) = Remembered::from_bytes(&given) {
                prop_assert_eq!(Remembered::from_bytes(&read.to_bytes()), Ok(read));
            }
        }
    }

    #[test]
    fn what_is_remembered_is_what_was_answered(
        fingerprint: [u8; 32],
        status: u16,
        body in vec(any::<u8>(), 0..512),
    ) {
        let remembered = Remembered { fingerprint, reply: Some(Reply { status, body: body.into() }) };
        prop_assert_eq!(Remembered::from_bytes(&remembered.to_bytes()), Ok(remembered));
    }
}
