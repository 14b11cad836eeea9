//! The fuzz targets in the ordinary suite: every body over the committed corpus and some thousand mutations of it.
//!
//! `SVERKA_FUZZ_SEED=N` takes other mutations, `SVERKA_FUZZ_ROUNDS=N` so many of each; a failure prints its input. The
//! endless runs are `cargo fuzz`'s, see tests/fuzz.
#![cfg(debug_assertions)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;

#[path = "../fuzz/bodies.rs"]
#[allow(dead_code, reason = "the targets name each body by itself")]
mod bodies;

/// What parsers stumble over.
const TOKENS: [&str; 40] = [
    "0",
    "-1",
    "-0",
    "00",
    "1e999",
    "18446744073709551616",
    "0.1",
    ",5",
    "null",
    "true",
    "\"\"",
    "{}",
    "[]",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    ":",
    ",",
    ";",
    "\n",
    "\r\n",
    "<",
    "&lt;",
    "&#0;",
    "<!DOCTYPE a>",
    "<![CDATA[",
    "]]>",
    "<item>",
    "\u{feff}",
    "Есть",
    "ok",
    "error",
    "success",
    "\0",
    "%00",
];

/// An input that differs from one of the corpus in a few places.
fn mutated(random: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=input.len());
        let end = (at + random.usize(..16)).min(input.len());
        match random.u8(..7) {
            0 if at < input.len() => input[at] ^= 1 << random.u8(..8),
            1 => drop(input.splice(at..end, [])),
            2 => drop(input.splice(at..end, TOKENS[random.usize(..TOKENS.len())].bytes())),
            3 => drop(input.splice(at..at, TOKENS[random.usize(..TOKENS.len())].bytes())),
            4 => {
                let piece = input[at..end].repeat(random.usize(1..5));
                drop(input.splice(at..at, piece));
            }
            5 => {
                let other = &corpus[random.usize(..corpus.len())];
                let from = random.usize(..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.insert(at, random.u8(..)),
        }
    }
    input
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(name);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{name} has hardly a corpus");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Runs one body; what it cannot bear is printed.
fn run(name: &str) {
    let (_, body) = bodies::ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let seed = number("SVERKA_FUZZ_SEED", 20_261_124);
    let rounds = number("SVERKA_FUZZ_ROUNDS", if name == "configuration" { 150 } else { 1500 });
    let mut random = Rng::with_seed(seed);
    let corpus = corpus(name);
    let try_one = |input: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| body(input))) {
            eprintln!("seed {seed}, {name} cannot bear {:?}", String::from_utf8_lossy(input));
            std::panic::resume_unwind(panic);
        }
    };
    corpus.iter().for_each(|input| try_one(input));
    for _ in 0..rounds {
        try_one(&mutated(&mut random, &corpus));
    }
}

macro_rules! targets {
    ($($test:ident: $name:literal;)+) => {
        $(
            #[test]
            fn $test() {
                run($name);
            }
        )+

        #[test]
        fn every_body_has_a_test_and_a_target_of_its_own() {
            let here = [$($name),+];
            let all: Vec<&str> = bodies::ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(all, here);
            let manifest = include_str!("../fuzz/Cargo.toml");
            for name in all {
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            }
        }
    };
}

targets! {
    any_json_answer_of_keaz_is_read_or_refused: "keaz_json";
    any_xml_answer_of_keaz_is_read_or_refused: "keaz_xml";
    any_text_is_sent_as_it_was_meant: "encoding";
    any_answer_of_carreta_is_read_or_refused: "carreta_json";
    no_text_is_a_zero_but_zero: "quantity";
    any_price_list_is_read_or_refused: "csv";
    any_answer_of_the_panel_is_read_or_refused: "saplab_panel";
    any_answer_of_the_client_api_is_read_or_refused: "saplab_client";
    any_time_is_read_back_as_it_is_written: "dates";
    any_configuration_is_read_or_refused_without_its_keys: "configuration";
    nothing_is_left_of_any_secret: "redaction";
}
