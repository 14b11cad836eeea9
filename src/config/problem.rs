//! What is wrong with a configuration: every problem at once, each with its key and where the value came from.
//!
//! Nothing here ever holds the value of a secret: messages are made by the readers, which know which key is one.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, `section.key`; empty when the whole file is meant.
    pub key: String,
    /// What is wrong, and what is expected.
    pub message: String,
    /// Where the value stands: `/etc/sverka/sverka.toml:12`, `environment SVERKA__KEAZ__FORMAT`.
    pub source: Option<String>,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, message: impl Into<String>, source: Option<&str>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
            source: source.map(String::from),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

/// A configuration that is refused, with all that is wrong with it. The program ends with exit code 78.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is refused:")?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
