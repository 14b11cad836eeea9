//! Reads one value as the form that its key asks for, so that text from the environment and typed values from a file
//! end alike. Pure. A refusal says what was expected; the value is repeated only where it cannot be a secret.

use std::time::Duration;

use ::config::{Value, ValueKind};
use chrono_tz::Tz;
use url::Url;

use super::de;
use super::schema::Kind;

/// No duration may be longer: ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// The value in its normal form, or what is wrong with it.
pub(super) fn normal(kind: Kind, value: ValueKind) -> Result<ValueKind, String> {
    match kind {
        Kind::Text => text(value),
        Kind::Secret => match value {
            ValueKind::String(_) => Ok(value),
            _ => Err("expected a text in quotes".into()),
        },
        Kind::SecretFile => match value {
            ValueKind::String(path) if !path.is_empty() => Ok(ValueKind::String(path)),
            _ => Err("expected the path of a file, in quotes".into()),
        },
        Kind::Url => url(value),
        Kind::Bool => boolean(value),
        Kind::Integer(from, to) => integer(value, from, to),
        Kind::Share => share(value),
        Kind::Duration => duration(value),
        Kind::List => list(value),
        Kind::Choice(words) => choice(value, words),
        Kind::Zone => zone(value),
        Kind::StatusMap | Kind::PriceLists => Ok(value),
    }
}

fn text(value: ValueKind) -> Result<ValueKind, String> {
    match value {
        ValueKind::String(_) => Ok(value),
        other => Err(format!("expected a text in quotes, got {}", seen(&other))),
    }
}

fn url(value: ValueKind) -> Result<ValueKind, String> {
    let expected = "expected an address such as https://host";
    match value {
        ValueKind::String(text) => match Url::parse(&text) {
            Ok(_) => Ok(ValueKind::String(text)),
            Err(error) => Err(format!("{expected}: {error}")),
        },
        _ => Err(format!("{expected}, in quotes")),
    }
}

fn boolean(value: ValueKind) -> Result<ValueKind, String> {
    let yes = match &value {
        ValueKind::Boolean(yes) => Some(*yes),
        ValueKind::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    yes.map(ValueKind::Boolean)
        .ok_or_else(|| format!("expected true or false, got {}", seen(&value)))
}

fn integer(value: ValueKind, from: i64, to: i64) -> Result<ValueKind, String> {
    let number = match &value {
        ValueKind::I64(number) => Some(*number),
        ValueKind::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (from..=to).contains(&number) => Ok(ValueKind::I64(number)),
        _ if to == i64::MAX => Err(format!("expected a whole number, {from} or more, got {}", seen(&value))),
        _ => Err(format!(
            "expected a whole number from {from} to {to}, got {}",
            seen(&value)
        )),
    }
}

fn share(value: ValueKind) -> Result<ValueKind, String> {
    let number = match &value {
        ValueKind::Float(number) => Some(*number),
        ValueKind::I64(0) => Some(0.0),
        ValueKind::I64(1) => Some(1.0),
        ValueKind::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (0.0..=1.0).contains(&number) => Ok(ValueKind::Float(number)),
        _ => Err(format!("expected a number from 0 to 1, got {}", seen(&value))),
    }
}

fn duration(value: ValueKind) -> Result<ValueKind, String> {
    match de::duration(Value::new(None, value.clone())) {
        Ok(length) if length <= LONGEST => Ok(value),
        Ok(_) => Err(format!(
            "expected a duration of at most ten years, got {}",
            seen(&value)
        )),
        Err(_) => Err(format!(
            "expected a duration such as 30s, 5m or 1h 30m, got {}",
            seen(&value)
        )),
    }
}

fn list(value: ValueKind) -> Result<ValueKind, String> {
    match de::list(Value::new(None, value.clone())) {
        Ok(items) => Ok(ValueKind::Array(items.into_iter().map(Value::from).collect())),
        Err(_) => Err(format!("expected a list of texts, got {}", seen(&value))),
    }
}

fn choice(value: ValueKind, words: &[&str]) -> Result<ValueKind, String> {
    match &value {
        ValueKind::String(word) if words.contains(&word.as_str()) => Ok(value),
        _ => Err(format!("expected one of {}, got {}", words.join(", "), seen(&value))),
    }
}

fn zone(value: ValueKind) -> Result<ValueKind, String> {
    match &value {
        ValueKind::String(name) if name.parse::<Tz>().is_ok() => Ok(value),
        _ => Err(format!(
            "expected a time zone such as Europe/Moscow, got {}",
            seen(&value)
        )),
    }
}

/// How a value that is no secret is repeated to its author.
pub(super) fn seen(value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Table(_) => "a section".into(),
        ValueKind::Array(_) => "a list".into(),
        ValueKind::Nil => "nothing".into(),
        other => other.to_string(),
    }
}
