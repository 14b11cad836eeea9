//! One record of a list into its fields: `;` between them, `"..."` around a field that needs it, `""` for a quote in it.
//!
//! Quotes are believed only where they make sense: one in the middle of a field, or at its start without being its
//! last character, is data. A field may span lines only while no `;` stands in it: so a stray quote can never swallow
//! the rows behind it. Called by `reader`.

use std::borrow::Cow;

/// The field separator of the document.
pub(super) const DELIMITER: char = ';';

/// What became of one record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split<'a> {
    /// The fields.
    Fields(Vec<Cow<'a, str>>),
    /// The last field's quote is still open and holds no separator: the next line may belong to it.
    Open,
    /// A quote is open, and a separator came after it.
    Stray,
}

/// Splits a record of one or several lines.
pub(super) fn split(record: &str) -> Split<'_> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let (field, next) = match rest.strip_prefix('"') {
            None => plain(rest),
            Some(inside) => match quoted(inside) {
                Quoted::Field(field, next) => (field, next),
                Quoted::Data => plain(rest),
                Quoted::Open => return Split::Open,
                Quoted::Stray => return Split::Stray,
            },
        };
        fields.push(field);
        match next {
            Some(next) => rest = next,
            None => return Split::Fields(fields),
        }
    }
}

/// A field and what stands behind its separator, if there is one.
fn plain(rest: &str) -> (Cow<'_, str>, Option<&str>) {
    match rest.split_once(DELIMITER) {
        Some((field, next)) => (field.into(), Some(next)),
        None => (rest.into(), None),
    }
}

enum Quoted<'a> {
    Field(Cow<'a, str>, Option<&'a str>),
    /// Something stands between the closing quote and the separator: the quotes are part of the text.
    Data,
    Open,
    Stray,
}

/// Reads a field whose opening quote has been taken off.
fn quoted(inside: &str) -> Quoted<'_> {
    let mut from = 0;
    while let Some(found) = inside[from..].find('"') {
        let end = from + found;
        let behind = &inside[end + 1..];
        if behind.starts_with('"') {
            from = end + 2;
            continue;
        }
        let field = &inside[..end];
        let spans_lines = field.contains('\n');
        let next = match behind.strip_prefix(DELIMITER) {
            _ if spans_lines && field.contains(DELIMITER) => return Quoted::Stray,
            Some(next) => Some(next),
            None if behind.is_empty() => None,
            None if spans_lines => return Quoted::Stray,
            None => return Quoted::Data,
        };
        let field = if field.contains("\"\"") {
            field.replace("\"\"", "\"").into()
        } else {
            field.into()
        };
        return Quoted::Field(field, next);
    }
    if inside.contains(DELIMITER) {
        Quoted::Stray
    } else {
        Quoted::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str) -> Vec<String> {
        match split(record) {
            Split::Fields(fields) => fields.into_iter().map(Cow::into_owned).collect(),
            other => panic!("{record:?}: {other:?}"),
        }
    }

    #[test]
    fn fields_stand_between_separators_and_may_be_quoted() {
        assert_eq!(fields("a;b;c"), ["a", "b", "c"]);
        assert_eq!(fields("a;;"), ["a", "", ""]);
        assert_eq!(fields(""), [""]);
        assert_eq!(fields(r#""a;b";"c ""d"" e";"""#), ["a;b", "c \"d\" e", ""]);
        assert_eq!(fields("\"a\nb\";c"), ["a\nb", "c"]);
    }

    #[test]
    fn a_quote_that_does_not_enclose_a_field_is_data() {
        assert_eq!(fields(r#"a;Болт 5" длинный;c"#), ["a", "Болт 5\" длинный", "c"]);
        assert_eq!(fields(r#"a;5";c"#), ["a", "5\"", "c"]);
        assert_eq!(
            fields(r#"a;"Рога и Копыта" фильтр;c"#),
            ["a", "\"Рога и Копыта\" фильтр", "c"]
        );
    }

    #[test]
    fn an_open_quote_may_go_on_only_while_no_separator_stands_in_it() {
        assert_eq!(split("a;\"b"), Split::Open);
        assert_eq!(split("a;\"b;10"), Split::Stray);
        assert_eq!(split("a;\"b\nc;10"), Split::Stray);
        assert_eq!(split("a;\"b\nc\"d;10"), Split::Stray);
        assert_eq!(split("a;\"b;10\nd;e\";20"), Split::Stray);
    }
}
