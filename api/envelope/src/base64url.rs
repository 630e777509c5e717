//! The outermost layer: URL-safe base64 (RFC 4648, section 5).
//!
//! Promise: written without line breaks. Read with or without padding and whatever the line breaks,
//! because the pages of the wire do not say.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// With padding: who needs none accepts it, and who needs it has it.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    LENIENT.encode(bytes).into_bytes()
}

/// `None` if it is no base64url.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(u8::is_ascii_whitespace) {
        return LENIENT.decode(text).ok();
    }
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_line_breaks_may_be_there_or_not() {
        let bytes = [0xfb, 0xef, 0xbe, 0xff];
        assert_eq!(encode(&bytes), b"----_w==");
        for text in ["----_w==", "----_w", "--\r\n--_w\n", "----_w==\n"] {
            assert_eq!(decode(text.as_bytes()), Some(bytes.to_vec()), "{text:?}");
        }
    }

    #[test]
    fn the_other_alphabet_is_none_of_ours() {
        for text in ["++++/w==", "-", "a*bc", "----\0_w"] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }
}
