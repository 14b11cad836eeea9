//! A kept request as a command for a shell, and its answer as comments: what a site's support asks for.
//!
//! Nothing in it is taken for shell by a shell, but the names of variables that stand for secrets; nothing in it reaches
//! the terminal as anything but text. Pure; called by `queue show --curl` and the page.

use std::fmt::Write as _;

use super::output::is_plain;
use crate::queue::journal::ExchangeRow;

/// The variables that may stand in a kept request.
const VARIABLES: [&str; 11] = [
    "KEAZ_API_KEY",
    "SAPLAB_PANEL_LOGIN",
    "SAPLAB_PANEL_PASSWORD",
    "SAPLAB_CLIENT_LOGIN",
    "SAPLAB_CLIENT_PASSWORD",
    "SAPLAB_CUSTOMER_PASSWORD",
    "SAPLAB_OFFER",
    "CARRETA_API_KEY",
    "CARRETA_SIGNATURE",
    "CARRETA_PRICE_LIST_URL",
    "CARRETA_PRICE_LIST_KEY",
];

/// The command, and under it what came of the request.
pub(crate) fn command(exchange: &ExchangeRow) -> String {
    let mut text = String::new();
    for name in variables_in(exchange) {
        let _ = writeln!(text, "# set {name} first, written as it must stand in the request");
    }
    if exchange.body_cut {
        let _ = writeln!(
            text,
            "# the body was cut (queue.journal_body): {} bytes were sent; it cannot be sent as it stands here",
            exchange.body_bytes
        );
    }
    let _ = write!(text, "curl --globoff --include --request {}", quoted(&exchange.method));
    for header in &exchange.headers {
        match header.strip_prefix("authorization: Basic ") {
            Some(login) => {
                let _ = write!(text, " \\\n  --user {}", quoted(login));
            }
            None => {
                let _ = write!(text, " \\\n  --header {}", quoted(header));
            }
        }
    }
    if let Some(body) = &exchange.body {
        let _ = write!(text, " \\\n  --data-raw {}", quoted(body));
    }
    let _ = writeln!(text, " \\\n  {}", quoted(&exchange.url));
    text.push_str(&answer(exchange));
    text
}

/// What came back, each line a comment.
fn answer(exchange: &ExchangeRow) -> String {
    let mut lines = Vec::new();
    match exchange.status {
        Some(status) => lines.push(format!("HTTP {status} after {} ms", exchange.took_ms)),
        None => lines.push(format!("no answer after {} ms", exchange.took_ms)),
    }
    lines.extend(exchange.fault.clone());
    lines.extend(exchange.answer_headers.iter().cloned());
    if let Some(body) = exchange.answer.as_ref().filter(|body| !body.is_empty()) {
        lines.push(String::new());
        lines.extend(body.split('\n').map(str::to_owned));
    }
    if exchange.answer_cut {
        let bytes = exchange.answer_bytes.unwrap_or_default();
        lines.push(format!("... ({bytes} bytes in all)"));
    }
    lines.iter().map(|line| format!("# {}\n", visible(line))).collect()
}

/// A line in which nothing acts upon a terminal.
fn visible(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.trim_end_matches('\r').chars() {
        if is_plain(c) {
            out.push(c)
        } else {
            out.extend(c.escape_unicode())
        }
    }
    out
}

/// One word of a shell. Variables stay variables; what is not fit for a terminal is spelled by `printf`.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(name) = variable(rest) {
            let _ = write!(out, "\"${{{name}}}\"");
            rest = &rest[name.len() + 3..];
            continue;
        }
        let odd = |c: char| c != '\n' && !is_plain(c);
        let first_is_odd = rest.starts_with(odd);
        let end = rest
            .char_indices()
            .find(|(at, c)| *at > 0 && (odd(*c) != first_is_odd || variable(&rest[*at..]).is_some()))
            .map_or(rest.len(), |(at, _)| at);
        let (part, after) = rest.split_at(end);
        if first_is_odd {
            let octal: String = part.bytes().map(|byte| format!("\\{byte:03o}")).collect();
            let _ = write!(out, "\"$(printf '{octal}')\"");
        } else {
            let _ = write!(out, "'{}'", part.replace('\'', r"'\''"));
        }
        rest = after;
    }
    if out.is_empty() { "''".into() } else { out }
}

/// The name of the variable that the text begins with.
fn variable(text: &str) -> Option<&'static str> {
    let inner = text.strip_prefix("${")?;
    VARIABLES
        .into_iter()
        .find(|name| inner.strip_prefix(name).is_some_and(|rest| rest.starts_with('}')))
}

/// Those that must be set before the command is used.
fn variables_in(exchange: &ExchangeRow) -> Vec<&'static str> {
    let texts = [&exchange.url]
        .into_iter()
        .chain(&exchange.headers)
        .chain(&exchange.body);
    let all = texts.map(String::as_str).collect::<Vec<_>>().join("\n");
    VARIABLES
        .into_iter()
        .filter(|name| all.contains(&format!("${{{name}}}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What a shell makes of the words.
    fn through_sh(words: &str) -> String {
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("printf '%s|' {words}")])
            .env("KEAZ_API_KEY", "the 'key'$x")
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_shell_makes_one_word_of_whatever_was_sent() {
        for text in [
            "",
            "plain",
            "it's \"quoted\" `id` $(id) $HOME \\ \\n !! ; & | > < * ? [a] {b} ~ #",
            "Кириллица, г. Уфа\n\nsecond line\n",
            "\u{1b}[31mred\u{7}\r\u{202e}drow\u{9b}",
            "'",
            "${HOME} ${KEAZ_API_KE} ${KEAZ_API_KEY",
            "-x @file",
            "%s %d \\101",
        ] {
            let words = quoted(text);
            assert_eq!(through_sh(&words), format!("{text}|"), "{words}");
            assert!(words.chars().all(|c| c == '\n' || is_plain(c)), "{words:?}");
        }
    }

    #[test]
    fn a_variable_is_filled_in_by_the_shell_and_by_nobody_else() {
        let words = quoted("{\"hash\":\"${KEAZ_API_KEY}\",\"a\":\"${CARRETA_API_KEY}\"}");
        assert_eq!(through_sh(&words), "{\"hash\":\"the 'key'$x\",\"a\":\"\"}|");
    }
}
