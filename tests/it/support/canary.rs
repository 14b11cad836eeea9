//! Every process that a test starts is searched for the secrets it was given: none of them in what it wrote, in any of
//! the forms in which it might come to light.

use std::fmt::Write as _;

use sverka::config::{Secret, Settings};

/// What must not be seen.
#[derive(Clone)]
pub(crate) struct Canaries(Vec<String>);

impl Canaries {
    /// All that these settings hold.
    pub(crate) fn of(settings: &Settings) -> Self {
        let logins = [&settings.saplab.panel, &settings.saplab.client];
        let secrets = [
            &settings.keaz.api_key,
            &settings.carreta.api_key,
            &settings.http.token,
            &settings.notify.webhook.url,
            &settings.notify.mail.password,
            &settings.database.url,
        ];
        let passwords = logins.into_iter().map(|login| &login.password);
        let lists = settings.carreta.price_lists.iter().map(|list| &list.url);
        let all = secrets
            .into_iter()
            .chain(passwords)
            .flatten()
            .chain(lists)
            .map(Secret::reveal);
        let mut forms: Vec<String> = all.flat_map(forms).collect();
        for login in logins {
            if let (Some(login), Some(password)) = (&login.login, &login.password) {
                forms.push(base64(format!("{login}:{}", password.reveal()).as_bytes()));
            }
        }
        // A short one may stand somewhere by chance.
        forms.retain(|form| form.len() >= 8);
        Self(forms)
    }

    /// Fails when one of them stands in the text.
    pub(crate) fn assert_silent(&self, place: &str, text: &str) {
        for form in &self.0 {
            assert!(!text.contains(form.as_str()), "a secret ({form}) in {place}:\n{text}");
        }
    }
}

/// As it is, percent-encoded in either case, escaped for JSON as Python and PHP do, in base64.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = secret
        .bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    let mut ascii = String::new();
    for c in secret.chars() {
        match c {
            c if c.is_ascii() => ascii.push(c),
            c => drop(write!(ascii, "\\u{:04x}", u32::from(c))),
        }
    }
    vec![
        secret.to_owned(),
        percent.to_lowercase(),
        percent,
        ascii,
        base64(secret.as_bytes()),
    ]
}

/// Without the marks at its end, which depend on what follows.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let letter = bits >> (18 - 6 * place) & 63;
            out.push(char::from(LETTERS[letter as usize]));
        }
    }
    out
}

#[test]
fn base64_is_what_everybody_calls_so() {
    for (text, expected) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
    ] {
        assert_eq!(base64(text.as_bytes()), expected);
    }
}
