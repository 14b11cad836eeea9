//! What became of each row: the judgement over `status.code` and the messages of a writing call.
//!
//! `error` does not mean that nothing happened, and `ok` not that everything did: the messages name the rows that were
//! refused (`в строке `0``, counted from 0), and all the others are done.

use serde::Serialize;

use super::Action;
use super::answer::{Answer, Message};
use super::request::Row;
use crate::upstream::Fault;

/// What became of the rows of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// One for each row, in the order given.
    pub rows: Vec<Verdict>,
    /// What KEAZ said besides, for people: without secrets, clipped.
    pub notes: Vec<String>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// KEAZ has it.
    Done,
    /// KEAZ refuses it, in its own words; or it was not sent, in ours (they begin with `not sent`).
    Refused(String),
}

/// What one message means for the rows that were sent.
enum Meaning {
    /// This row is refused.
    Refused(usize),
    /// The row is there already: as good as added.
    Present,
    /// Nothing about any row.
    Note,
}

/// Judges the answer to a writing call of these rows.
///
/// # Errors
/// [`Fault::Refused`] when the answer is an error that names no row: nothing was done. [`Fault::Garbled`] when the
/// status is unknown or a message names a row that was not sent: nobody knows what was done.
pub(super) fn judge(answer: &Answer, action: Action, rows: &[&Row]) -> Result<Verdicts, Fault> {
    if !answer.is_ok() && !answer.is_error() {
        return Err(answer.unknown_status());
    }
    let mut verdicts = Verdicts {
        rows: vec![Verdict::Done; rows.len()],
        notes: Vec::new(),
    };
    let mut named = false;
    for message in &answer.messages {
        match meaning(message, action, rows)? {
            Meaning::Refused(index) => {
                named = true;
                refuse(&mut verdicts.rows[index], &message.shown);
            }
            Meaning::Present => {
                named = true;
                verdicts.notes.push(message.shown.clone());
            }
            Meaning::Note => verdicts.notes.push(message.shown.clone()),
        }
    }
    if answer.is_error() && !named {
        Err(answer.refusal())
    } else {
        Ok(verdicts)
    }
}

fn meaning(message: &Message, action: Action, rows: &[&Row]) -> Result<Meaning, Fault> {
    let exists = action == Action::Add && message.raw.to_lowercase().contains("уже существует");
    match row_index(&message.raw) {
        Some(index) if index >= rows.len() => Err(Fault::Garbled(format!(
            "a message about row {index} of {}: {}",
            rows.len(),
            message.shown
        ))),
        Some(_) if exists => Ok(Meaning::Present),
        Some(index) => Ok(Meaning::Refused(index)),
        None if exists && names_a_key(&message.raw, rows) => Ok(Meaning::Present),
        None => Ok(Meaning::Note),
    }
}

/// The first reason stays in front of the others.
fn refuse(verdict: &mut Verdict, words: &str) {
    match verdict {
        Verdict::Done => *verdict = Verdict::Refused(words.to_owned()),
        Verdict::Refused(before) => *before = format!("{before}; {words}"),
    }
}

/// The number after `в строке`, in backticks or bare.
pub(super) fn row_index(message: &str) -> Option<usize> {
    let lower = message.to_lowercase();
    let (_, rest) = lower.split_once("строке")?;
    let rest = rest.trim_start_matches([' ', '\u{a0}', '`', '№', '#']);
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    // A number that does not fit names no row that we sent.
    if digits.is_empty() {
        None
    } else {
        Some(digits.parse().unwrap_or(usize::MAX))
    }
}

/// Whether one of the texts in backticks is the key of a row that was sent.
fn names_a_key(message: &str, rows: &[&Row]) -> bool {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    rows.iter()
        .filter_map(|row| row.first())
        .any(|(_, key)| quoted.contains(&key.text().as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::field::Field;
    use super::Verdict::{Done, Refused};
    use super::*;

    const BAD_0: &str = "Не корректные данные склада в строке `0`: `{\"code\":\"\"}`";

    fn judge_three(code: Option<&str>, action: Action, messages: &[&str]) -> Result<Verdicts, Fault> {
        let row = |code: &str| vec![("code".to_owned(), Field::Text(code.to_owned()))];
        let rows = [row("111111"), row("2"), row("3")];
        judge(&Answer::of(code, messages), action, &rows.iter().collect::<Vec<_>>())
    }

    #[test]
    fn ok_without_messages_is_done() {
        let verdicts = judge_three(Some("ok"), Action::Update, &[]).unwrap();
        assert_eq!(
            verdicts,
            Verdicts {
                rows: vec![Done, Done, Done],
                notes: vec![]
            }
        );
    }

    #[test]
    fn an_error_that_names_rows_refuses_those_and_the_others_are_done() {
        let last = "Некорректные данные в строке 2";
        let verdicts = judge_three(Some("error"), Action::Update, &[BAD_0, last]).unwrap();
        assert_eq!(verdicts.rows, [Refused(BAD_0.into()), Done, Refused(last.into())]);
    }

    #[test]
    fn a_row_named_under_ok_is_refused_too() {
        let verdicts = judge_three(Some("ok"), Action::Update, &["Обновлено 2", BAD_0]).unwrap();
        assert_eq!(
            verdicts,
            Verdicts {
                rows: vec![Refused(BAD_0.into()), Done, Done],
                notes: vec!["Обновлено 2".into()]
            }
        );
    }

    #[test]
    fn two_messages_about_one_row_are_one_refusal() {
        let verdicts = judge_three(Some("error"), Action::Update, &["в строке `1`: a", "в строке `1`: b"]).unwrap();
        assert_eq!(verdicts.rows[1], Refused("в строке `1`: a; в строке `1`: b".into()));
    }

    #[test]
    fn what_exists_already_counts_as_added_under_ok_and_under_error_alike() {
        for code in ["ok", "error"] {
            for words in ["Склад `111111` уже существует!", "Склад в строке `0` уже существует!"]
            {
                let verdicts = judge_three(Some(code), Action::Add, &[words]).unwrap();
                assert_eq!(
                    verdicts,
                    Verdicts {
                        rows: vec![Done, Done, Done],
                        notes: vec![words.into()]
                    }
                );
            }
        }
        let verdicts = judge_three(Some("error"), Action::Add, &["Склад `2` уже существует!", BAD_0]).unwrap();
        assert_eq!(verdicts.rows, [Refused(BAD_0.into()), Done, Done]);
    }

    #[test]
    fn an_error_that_names_no_row_did_nothing() {
        let words = "Сервис занят";
        let fault = judge_three(Some("error"), Action::Update, &[words]).unwrap_err();
        let expected = Fault::Refused {
            status: 200,
            words: words.into(),
        };
        assert_eq!(fault, expected);
        let fault = judge_three(Some("error"), Action::Update, &[]).unwrap_err();
        assert!(matches!(fault, Fault::Refused { status: 200, .. }));
        let other = judge_three(Some("error"), Action::Add, &["Склад `999` уже существует!"]);
        assert!(matches!(other, Err(Fault::Refused { .. })), "not one of ours");
    }

    #[test]
    fn an_error_about_the_key_is_a_denial() {
        for words in ["Неверный API ключ", "Wrong hash", "Доступ запрещён"] {
            let fault = judge_three(Some("error"), Action::Update, &[words]).unwrap_err();
            assert!(matches!(fault, Fault::Denied { status: 200, .. }), "{words}: {fault:?}");
        }
        let fault = judge_three(Some("error"), Action::Update, &["Метод недоступен"]).unwrap_err();
        assert!(matches!(fault, Fault::Refused { .. }), "{fault:?}");
    }

    #[test]
    fn an_unknown_or_missing_status_and_a_row_that_was_not_sent_leave_us_without_knowledge() {
        for code in [Some("success"), Some("OK"), Some(""), None] {
            assert!(
                matches!(judge_three(code, Action::Update, &[]), Err(Fault::Garbled(_))),
                "{code:?}"
            );
        }
        for row in ["3", "99999999999999999999999"] {
            let message = format!("Не корректные данные в строке `{row}`");
            assert!(matches!(
                judge_three(Some("error"), Action::Update, &[&message]),
                Err(Fault::Garbled(_))
            ));
        }
    }

    #[test]
    fn only_the_number_right_after_the_word_is_a_row() {
        for (message, index) in [
            (
                "Не корректные данные склада в строке `0`: `{\"address\":\"строке 7\"}`",
                Some(0),
            ),
            ("Ошибка в строке №12", Some(12)),
            ("В СТРОКЕ `1`", Some(1)),
            ("Обработано строк: 3", None),
            ("Ошибка в строке", None),
            ("Склад `5` не найден", None),
        ] {
            assert_eq!(row_index(message), index, "{message}");
        }
    }
}
