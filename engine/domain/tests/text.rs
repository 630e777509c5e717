//! Words of callers: kept as given, bounded, and without control characters.

use paceline_domain::text::{MalformedText, TEXT_BYTES_MAX, Text};

#[test]
fn words_are_kept_as_given() {
    for words in ["", " Ines ", "Ünïcode 茶 🍵", "a\u{200d}b", "\u{a0}¿Qué?", "\u{2028}"] {
        assert_eq!(Text::parse(words).unwrap().as_str(), words);
    }
}

#[test]
fn words_have_a_size_counted_in_bytes() {
    let longest = "x".repeat(TEXT_BYTES_MAX);
    assert_eq!(Text::parse(&longest).unwrap().len(), TEXT_BYTES_MAX);
    let longer = format!("{longest}x");
    assert_eq!(Text::parse(&longer), Err(MalformedText::TooLong(TEXT_BYTES_MAX + 1)));
    let wide = "茶".repeat(TEXT_BYTES_MAX / 3 + 1);
    assert_eq!(Text::parse(&wide), Err(MalformedText::TooLong(wide.len())));
}

#[test]
fn a_control_character_is_refused_and_named() {
    for (words, control) in [
        ("a\nb", 0x0a),
        ("\0", 0),
        ("\u{7f}", 0x7f),
        ("x\u{85}", 0x85),
        ("¿\u{80}", 0x80),
        ("\u{9f}", 0x9f),
        ("\u{1f}", 0x1f),
    ] {
        assert_eq!(Text::parse(words), Err(MalformedText::Control(control)));
    }
}
