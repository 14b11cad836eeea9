//! What a person reads, in Russian and in English: the page and the terminal. Logs and errors of the daemon stay English.
//!
//! The words stand in `en/*.ftl` and `ru/*.ftl`, one file for each subject, in the format of Project Fluent (plurals and
//! all). [`say!`](crate::say) names one of them; the tests below find a name that is missing anywhere.

pub mod clock;
pub(crate) mod ours;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

macro_rules! subjects {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("en/", $name, ".ftl")), include_str!(concat!("ru/", $name, ".ftl")))),*]
    };
}

/// The subjects: a file of each name in both folders; its name, its English words, its Russian words.
const SUBJECTS: &[(&str, &str, &str)] = &subjects![
    "frame",
    "overview",
    "history",
    "diff",
    "runs",
    "queue",
    "holds",
    "kept",
    "explain",
    "purchases",
    "notify",
    "plan",
    "status",
    "terminal",
];

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// Russian
    Ru,
}

impl Lang {
    /// `en`, `ru`: for `lang=""` and cookies.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The language of a tag like `ru`, `ru_RU.UTF-8`, `en-GB`.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "ru" => Some(Self::Ru),
            "en" | "c" | "posix" => Some(Self::En),
            _ => None,
        }
    }

    /// As `LC_ALL`, `LC_MESSAGES` or `LANG` say, the first that is set; English if none is, or another language.
    pub fn of_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let tag = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        tag.and_then(|tag| Self::parse(&tag)).unwrap_or_default()
    }

    /// The one that a browser likes best, from its `Accept-Language`.
    pub fn of_browser(accept: &str) -> Self {
        let liked = |entry: &str| {
            let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
            Some((Self::parse(tag.trim())?, weight.unwrap_or(0.0)))
        };
        // Of equals the first.
        let best = accept
            .split(',')
            .filter_map(liked)
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        best.map_or_else(Self::default, |(lang, _)| lang)
    }

    /// The name of a job, in words.
    pub fn job(self, job: &str) -> String {
        self.known(&format!("job-{job}")).unwrap_or_else(|| job.to_owned())
    }

    /// The name of an upstream, as people call it.
    pub fn site(self, upstream: &str) -> String {
        match upstream {
            "keaz" => crate::say!(self, "upstream-keaz"),
            "saplab" => "Saplab".to_owned(),
            "saplab.client" => crate::say!(self, "upstream-saplab-client"),
            "carreta" => crate::say!(self, "upstream-carreta"),
            other => other.to_owned(),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static EN: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        static RU: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        match self {
            Self::En => EN.get_or_init(|| bundle(self, SUBJECTS.iter().map(|(_, en, _)| *en))),
            Self::Ru => RU.get_or_init(|| bundle(self, SUBJECTS.iter().map(|(_, _, ru)| *ru))),
        }
    }

    /// The words of that name; the name itself where there are none (a test sees to it that there are).
    pub fn say(self, name: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(name).and_then(|message| message.value()) else {
            return name.to_owned();
        };
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        bundle
            .format_pattern(pattern, Some(&args), &mut Vec::new())
            .into_owned()
    }

    /// The words of that name, if there are any: for names made of a state or an outcome.
    pub fn known(self, name: &str) -> Option<String> {
        self.bundle().has_message(name).then(|| self.say(name, &[]))
    }
}

fn bundle(lang: Lang, sources: impl Iterator<Item = &'static str>) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Our texts run in one direction, and terminals show the marks.
    bundle.set_use_isolating(false);
    for source in sources {
        // What cannot be read is left out; the tests read every file.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// `say!(lang, "name")`, `say!(lang, "name", rows = 3, who = "keaz")`: the words of that name in that language.
#[macro_export]
macro_rules! say {
    ($lang:expr, $name:literal $(, $arg:ident = $value:expr)* $(,)?) => {
        $lang.say($name, &[$((stringify!($arg), ::fluent_bundle::FluentValue::from($value))),*])
    };
}
