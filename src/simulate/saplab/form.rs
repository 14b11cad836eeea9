//! POST fields as PHP gives them to a handler: by name, the last of equal names, `name[]` as a list.

/// The fields of a form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// A field, empty when it is missing.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// A field that is there and not empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }

    /// A number; none when it is missing or something else.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// A check box: `on` or `1`.
    pub(super) fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("on" | "1"))
    }

    /// The values of `name[]`, or of `name[0]`, `name[1]`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let item = |key: &str| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']'))
        };
        self.0
            .iter()
            .filter(|(key, _)| item(key))
            .map(|(_, value)| value.as_str())
            .collect()
    }
}
