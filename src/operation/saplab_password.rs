//! A client's new password: given as the name of a file, so that it stands in no queue, no log and no shell history.
//! Called by the operations that create and change clients.

use tokio::io::AsyncReadExt;

use super::{Arg, Kind};
use crate::config::Secret;
use crate::upstream::Fault;

/// The argument.
pub(super) const PASSWORD_FILE: Arg = Arg::new(
    "password_file",
    Kind::Text,
    "a file whose one line is the client's new password, read where the call is made",
);

/// No password is longer, in bytes.
const MAX: u64 = 1024;

/// Reads the password; one line end behind it does not belong to it.
///
/// # Errors
/// [`Fault::Refused`] (status 0: nothing was sent) when there is no such file, or it is no one line of text.
pub(super) async fn read(file: Option<&str>) -> Result<Option<Secret>, Fault> {
    let Some(file) = file else {
        return Ok(None);
    };
    let refused = |why: &str| Fault::Refused {
        status: 0,
        words: format!("not sent: password_file {file}: {why}"),
    };
    let opened = tokio::fs::File::open(file).await;
    let opened = opened.map_err(|error| refused(&error.kind().to_string()))?;
    let mut text = String::new();
    let length = opened.take(MAX + 1).read_to_string(&mut text).await;
    let length = length.map_err(|error| refused(&error.kind().to_string()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if length as u64 > MAX || line.is_empty() || line.contains(['\n', '\r', '\0']) {
        return Err(refused("it is not one line of at most 1024 bytes"));
    }
    Ok(Some(Secret::new(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(content: &str) -> Result<Option<Secret>, Fault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        read(file.path().to_str()).await
    }

    #[tokio::test]
    async fn a_password_is_one_line_and_its_file_must_be_there() {
        assert_eq!(of("пароль 1\r\n").await.unwrap().unwrap().reveal(), "пароль 1");
        assert_eq!(of(" a ").await.unwrap().unwrap().reveal(), " a ");
        assert!(read(None).await.unwrap().is_none());
        for content in ["", "\n", "a\nb\n", &"x".repeat(1025)] {
            let fault = of(content).await.unwrap_err();
            assert!(matches!(fault, Fault::Refused { status: 0, .. }), "{content:?}");
        }
        assert!(read(Some("/nowhere/at/all")).await.is_err());
    }
}
