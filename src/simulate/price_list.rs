//! Price lists: CSV in cp1251 with `;`, made row by row while it is sent, so that a million rows cost no memory.
//!
//! Conditional GET (ETag, Last-Modified) and gzip. A test may also set a list to explicit bytes.

use std::io::Write;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderName, header};
use bytes::Bytes;
use encoding_rs::WINDOWS_1251;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::answer::{Answer, Payload};
use super::random::{fingerprint, mix, pick};
use super::request::Request;

const HEADER: &str = "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс\r\n";
const BRANDS: [&str; 12] = [
    "KNECHT/MAHLE",
    "BOSCH",
    "MANN-FILTER",
    "KILEN",
    "UFI",
    "MEAT&DORIA",
    "LIQUI MOLY",
    "FEBI",
    "KITTO",
    "ЗАВОЛЖЬЕ",
    "JP GROUP",
    "SACHS",
];
const NAMES: [&str; 8] = [
    "Фильтр масляный",
    "Фильтр салонный(угольный)",
    "Пружина передняя",
    "Ремень ГРМ",
    "Амортизатор подвески",
    "Колодки тормозные",
    "Лампа накаливания",
    "Датчик давления",
];
const QUANTITIES: [&str; 8] = ["500", "<10", ">50", "Есть", "1", "12", "37", "4"];
/// About so many bytes are handed over at a time.
const CHUNK: usize = 64 << 10;

/// One price list and its validators.
#[derive(Clone, Debug)]
pub struct PriceList {
    content: Content,
    etag: String,
    modified: SystemTime,
}

#[derive(Clone, Debug)]
enum Content {
    Generated { seed: u64, rows: u64, revision: u64 },
    Bytes(Bytes),
}

impl PriceList {
    /// A list of `rows` rows, the same for the same seed.
    pub fn generated(seed: u64, rows: u64) -> Self {
        Self::revised(seed, rows, 0)
    }

    /// The same list later: every revision but 0 changes the price of about one row in a hundred.
    pub fn revised(seed: u64, rows: u64, revision: u64) -> Self {
        let etag = format!("\"{:016x}\"", mix(mix(seed, rows), revision));
        Self {
            content: Content::Generated { seed, rows, revision },
            etag,
            modified: SystemTime::now(),
        }
    }

    /// A list of exactly these bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let etag = format!("\"{:016x}\"", fingerprint(&bytes));
        Self {
            content: Content::Bytes(bytes),
            etag,
            modified: SystemTime::now(),
        }
    }

    /// A list of this text, in cp1251.
    pub fn text(text: &str) -> Self {
        Self::bytes(WINDOWS_1251.encode(text).0.into_owned())
    }

    /// The same list with this time in `Last-Modified`.
    pub fn modified_at(self, modified: SystemTime) -> Self {
        Self { modified, ..self }
    }

    /// The same list under another `ETag`, as a site gives it that makes one of the file's date.
    pub fn tagged(self, etag: &str) -> Self {
        let etag = format!("\"{etag}\"");
        Self { etag, ..self }
    }

    /// The value of `ETag`.
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

/// One row of a generated list.
fn row(seed: u64, revision: u64, index: u64) -> String {
    let number = mix(seed, index);
    let text = |choices: &[&'static str], shift: u32| pick(choices, number >> shift).unwrap_or_default();
    let mut kopecks = 1_000 + (number >> 16) % 2_000_000;
    if revision > 0 && index % 97 == revision % 97 {
        kopecks += 100 * revision;
    }
    let days = 1 + (number >> 40) % 14;
    let step = if number >> 60 == 0 { 2 } else { 1 };
    format!(
        "{};{}-{index:06};{};{}.{:02};{};{step};{days};{}\r\n",
        text(&BRANDS, 3),
        ["OC", "W", "30.896.", "PSA"][(number & 3) as usize],
        text(&NAMES, 9),
        kopecks / 100,
        kopecks % 100,
        text(&QUANTITIES, 50),
        days + (number >> 45) % 5,
    )
}

/// Answers `GET /price/<name>.csv`.
pub(super) fn answer(list: &PriceList, request: &Request) -> Answer {
    let modified = httpdate::fmt_http_date(list.modified);
    let answer = if is_current(list, request) {
        Answer::empty(304)
    } else {
        let gzip = request.header(header::ACCEPT_ENCODING).is_some_and(accepts_gzip);
        let mut answer = Answer::new(200, "text/csv; charset=windows-1251", Bytes::new());
        answer.body = Payload::Download(Download::new(list, gzip));
        if gzip {
            answer.with(header::CONTENT_ENCODING, "gzip")
        } else {
            answer
        }
    };
    answer
        .with(header::ETAG, &list.etag)
        .with(header::LAST_MODIFIED, &modified)
        .with(HeaderName::from_static("vary"), "Accept-Encoding")
}

fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|weight| weight == "q=0")
    })
}

/// `If-None-Match` decides; only without it `If-Modified-Since` does.
fn is_current(list: &PriceList, request: &Request) -> bool {
    if let Some(tags) = request.header(header::IF_NONE_MATCH) {
        return tags
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == list.etag || tag == "*");
    }
    let since = request
        .header(header::IF_MODIFIED_SINCE)
        .and_then(|text| httpdate::parse_http_date(text).ok());
    // The header has whole seconds only.
    since.is_some_and(|since| list.modified < since + Duration::from_secs(1))
}

/// The bytes of a list, made while they are asked for.
pub(super) struct Download {
    content: Content,
    next: u64,
    gzip: Option<GzEncoder<Vec<u8>>>,
    finished: bool,
}

impl Download {
    fn new(list: &PriceList, gzip: bool) -> Self {
        let gzip = gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
        Self {
            content: list.content.clone(),
            next: 0,
            gzip,
            finished: false,
        }
    }

    /// The next piece of the plain file, none at its end.
    fn plain(&mut self) -> Option<Bytes> {
        match &mut self.content {
            Content::Bytes(bytes) => (!bytes.is_empty()).then(|| bytes.split_to(bytes.len().min(CHUNK))),
            Content::Generated { seed, rows, revision } => {
                let mut text = if self.next == 0 {
                    HEADER.to_owned()
                } else {
                    String::new()
                };
                while text.len() < CHUNK && self.next < *rows {
                    text.push_str(&row(*seed, *revision, self.next));
                    self.next += 1;
                }
                if text.is_empty() || (*rows == 0 && std::mem::replace(&mut self.next, 1) > 0) {
                    return None;
                }
                Some(WINDOWS_1251.encode(&text).0.into_owned().into())
            }
        }
    }
}

impl Iterator for Download {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        while !self.finished {
            let plain = self.plain();
            let Some(encoder) = &mut self.gzip else {
                self.finished = plain.is_none();
                return plain;
            };
            // Compressing into memory does not fail.
            match plain {
                Some(plain) => {
                    let _ = encoder.write_all(&plain);
                }
                None => {
                    self.finished = true;
                    let _ = encoder.try_finish();
                }
            }
            let packed = std::mem::take(encoder.get_mut());
            if !packed.is_empty() {
                return Some(packed.into());
            }
        }
        None
    }
}

impl Payload {
    /// The whole body at once: only faults need it so.
    pub(super) fn collect(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Download(download) => download
                .fold(Vec::new(), |mut all, piece| {
                    all.extend_from_slice(&piece);
                    all
                })
                .into(),
        }
    }
}
