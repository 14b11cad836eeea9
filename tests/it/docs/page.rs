//! A page of Markdown, as far as the tests look into it: headings, links, blocks of code, tables and lists.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page that was read.
pub(super) struct Page {
    /// Where it stands.
    pub(super) path: PathBuf,
    /// Where its links and pictures lead, as written.
    pub(super) links: Vec<String>,
    /// What stands in backticks.
    pub(super) codes: Vec<String>,
    parts: Vec<Part>,
}

/// A heading, a block of code, a table or a list: what a translation must have too.
#[derive(Clone)]
pub(super) struct Part {
    /// `heading 2`, `code sql`, `table of 7 rows`, `list of 4`
    pub(super) kind: String,
    /// The heading's words, the code, the table's first cell.
    pub(super) text: String,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins: String = self.text.lines().next().unwrap_or_default().chars().take(60).collect();
        write!(f, "{} «{begins}»", self.kind)
    }
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::of(path, &text)
    }

    pub(super) fn of(path: &Path, text: &str) -> Self {
        let (mut links, mut codes, mut parts, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            if let Event::Code(words) = &event {
                codes.push(words.to_string());
            }
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.to_string())
                }
                Event::Start(Tag::Heading { level, .. }) => open.push(part(format!("heading {}", level as u8), 0)),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => open.push(part(format!("code {kind}"), 0)),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => open.push(part("code".into(), 0)),
                Event::Start(Tag::Table(_)) => open.push(part("table".into(), 0)),
                Event::Start(Tag::List(_)) => open.push(part("list".into(), 0)),
                Event::Start(Tag::TableRow | Tag::Item) => {
                    if let Some((_, rows)) = open.last_mut() {
                        *rows += 1;
                    }
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some((part, _)) = open.last_mut() {
                        part.text.push_str(&words);
                    }
                }
                Event::End(TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table | TagEnd::List(_)) => {
                    let (mut part, rows) = open.pop().unwrap();
                    if rows > 0 {
                        part.kind = format!("{} of {rows}", part.kind);
                    }
                    parts.push(part);
                }
                _ => {}
            }
        }
        Self {
            path: path.to_owned(),
            links,
            codes,
            parts,
        }
    }

    /// The file's name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// What a translation must have too, in its order.
    pub(super) fn skeleton(&self) -> Vec<Part> {
        self.parts.clone()
    }

    /// The blocks of code in this language and in what follows from it, in their order: language and text.
    pub(super) fn code(&self, languages: &[&str]) -> Vec<(&str, &str)> {
        let blocks = self
            .parts
            .iter()
            .filter_map(|part| Some((part.kind.strip_prefix("code ")?, part.text.as_str())));
        blocks.filter(|(language, _)| languages.contains(language)).collect()
    }

    /// What may stand behind `#` in a link to this page. Code hosts and mdBook make it in the same way.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut seen = BTreeMap::new();
        let headings = self.parts.iter().filter(|part| part.kind.starts_with("heading"));
        let anchors = headings.map(|heading| {
            let kept = heading
                .text
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let anchor: String = kept
                .map(|c| if c == ' ' { '-' } else { c })
                .flat_map(char::to_lowercase)
                .collect();
            let before = seen.entry(anchor.clone()).and_modify(|times| *times += 1).or_insert(0);
            if *before == 0 {
                anchor
            } else {
                format!("{anchor}-{before}")
            }
        });
        anchors.collect()
    }
}

fn part(kind: String, rows: usize) -> (Part, usize) {
    let text = String::new();
    (Part { kind, text }, rows)
}
