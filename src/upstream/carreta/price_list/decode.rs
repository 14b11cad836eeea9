//! Bytes of a list to UTF-8: cp1251 as the document says, or UTF-8 when a byte order mark says so.
//!
//! Decoding cp1251 never fails, so a UTF-8 list without its mark comes out as mojibake without any error;
//! [`is_mojibake`] recognises that. Called by `reader`.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use encoding_rs::{CoderResult, Decoder, UTF_8, WINDOWS_1251};

const CHUNK: usize = 64 * 1024;
/// The first byte in UTF-8 of nearly every Cyrillic letter, read as cp1251.
const LEADS: [char; 2] = ['Р', 'С'];

/// Decodes as it reads; holds one chunk of bytes and its text.
pub(super) struct Decode<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_range: Range<usize>,
    text: Vec<u8>,
    text_range: Range<usize>,
    /// The input has ended; the decoder may still owe the text of its last bytes.
    at_end: bool,
    finished: bool,
}

impl<R: Read> Decode<R> {
    /// Looks at the first bytes for a byte order mark.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut raw = vec![0; CHUNK];
        let mut filled = 0;
        while filled < 3 {
            match read_some(&mut input, &mut raw[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        let is_utf_8 = raw[..filled].starts_with(b"\xef\xbb\xbf");
        let encoding = if is_utf_8 { UTF_8 } else { WINDOWS_1251 };
        Ok(Self {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw,
            raw_range: 0..filled,
            text: vec![0; CHUNK],
            text_range: 0..0,
            at_end: false,
            finished: false,
        })
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.raw_range.is_empty() && !self.at_end {
            let count = read_some(&mut self.input, &mut self.raw)?;
            self.raw_range = 0..count;
            self.at_end = count == 0;
        }
        let raw = &self.raw[self.raw_range.clone()];
        let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.at_end);
        self.raw_range.start += read;
        self.text_range = 0..written;
        self.finished = self.at_end && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> BufRead for Decode<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.text_range.is_empty() && !self.finished {
            self.decode()?;
        }
        Ok(&self.text[self.text_range.clone()])
    }

    fn consume(&mut self, count: usize) {
        self.text_range.start = self.text_range.end.min(self.text_range.start + count);
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

/// Reads once; a signal in between is not an error.
fn read_some(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Whether the text is UTF-8 Cyrillic that was read as cp1251 (`Цена` as `Р¦РµРЅР°`), or holds U+FFFD.
///
/// Nearly every non-ASCII character of such a text stands in a pair of `Р` or `С` and a character whose cp1251 byte
/// is 0x80..=0xBF; in Russian such pairs are rare.
pub(super) fn is_mojibake(text: &str) -> bool {
    if text.contains('\u{fffd}') {
        return true;
    }
    let mut foreign = 0_usize;
    let mut pairs = 0_usize;
    let mut after_lead = false;
    for c in text.chars() {
        foreign += usize::from(!c.is_ascii());
        if after_lead && is_continuation(c) {
            pairs += 1;
            after_lead = false;
        } else {
            after_lead = LEADS.contains(&c);
        }
    }
    pairs >= 2 && pairs * 2 * 10 >= foreign * 8
}

/// What cp1251 has at 0x80..=0xBF: everything in its upper half but the 64 letters `А`..`я`.
fn is_continuation(c: char) -> bool {
    !c.is_ascii() && !('А'..='я').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        Decode::new(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_list_is_cp1251_unless_a_mark_says_utf_8() {
        let (cp1251, _, _) = WINDOWS_1251.encode("Цена; № 5 «Ёлка»\n");
        assert_eq!(decoded(&cp1251), "Цена; № 5 «Ёлка»\n");
        assert_eq!(decoded("\u{feff}Цена; ½\n".as_bytes()), "Цена; ½\n");
        assert_eq!(decoded(b""), "");
        assert_eq!(decoded(b"\xef"), "п");
    }

    #[test]
    fn a_character_cut_by_a_chunk_or_by_the_end_is_not_lost_silently() {
        let text = format!("\u{feff}{}", "я".repeat(CHUNK));
        assert_eq!(decoded(text.as_bytes()).chars().count(), CHUNK);
        assert!(is_mojibake(&decoded(&"\u{feff}Цена".as_bytes()[..10])));
    }

    #[test]
    fn utf_8_read_as_cp1251_is_recognised_and_russian_is_not() {
        for text in [
            "Производитель;Артикул;Цена",
            "Фильтр масляный",
            "Ёлка",
            "щётка стеклоочистителя, 2 шт.",
        ] {
            assert!(is_mojibake(&decoded(text.as_bytes())), "{text}");
            assert!(!is_mojibake(text), "{text}");
        }
        for text in [
            "",
            "OC47",
            "РОСС»",
            "ТРЁХ",
            "«РЁ» № 5",
            "ГОСТ Р № 1",
            "КОЛЬЦО «РС»",
            "С°",
        ] {
            assert!(!is_mojibake(text), "{text}");
        }
    }
}
