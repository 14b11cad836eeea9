//! What stands around every page: its head, the way to the others, the language, the way out.

use maud::{DOCTYPE, Markup, html};

use super::door::Visitor;
use crate::say;
use crate::words::Lang;

/// The pages that the head leads to: path, and the name of its words.
const PAGES: [(&str, &str); 7] = [
    ("/", "nav-overview"),
    ("/diff", "nav-diff"),
    ("/runs", "nav-runs"),
    ("/history", "nav-history"),
    ("/queue", "nav-queue"),
    ("/goods", "nav-goods"),
    ("/purchases", "nav-purchases"),
];

/// A whole page.
pub(super) fn page(visitor: &Visitor, title: &str, content: &Markup) -> Markup {
    let lang = visitor.lang;
    document(
        lang,
        title,
        &html! {
            a.skip href="#content" { (say!(lang, "skip")) }
            header {
                p.name { a href="/" { (mark()) (say!(lang, "name")) } }
                nav aria-label=(say!(lang, "nav")) {
                    ul {
                        @for (path, name) in PAGES {
                            li { a href=(path) aria-current=[is_here(visitor, path).then_some("page")] { (lang.say(name, &[])) } }
                        }
                    }
                }
                (choices(visitor))
            }
            main #content tabindex="-1" {
                h1 { (title) }
                p.stale-notice #offline role="status" hidden { (say!(lang, "offline")) }
                (content)
            }
        },
    )
}

/// A page that says one thing.
pub(super) fn message(visitor: &Visitor, title: &str, text: &str) -> Markup {
    page(
        visitor,
        title,
        &html! { p { (text) } p { a href="/" { (say!(visitor.lang, "to-overview")) } } },
    )
}

/// A page for somebody who has not come in.
pub(super) fn stranger(visitor: &Visitor, title: &str, content: &Markup) -> Markup {
    let body = html! {
        header { p.name { (mark()) (say!(visitor.lang, "name")) } div.choices { (language(visitor)) } }
        main #content { h1 { (title) } (content) }
    };
    document(visitor.lang, title, &body)
}

fn document(lang: Lang, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (say!(lang, "name")) }
                link rel="stylesheet" href="/assets/sverka.css";
                link rel="icon" href="/assets/sverka.svg" type="image/svg+xml";
                script src="/assets/sverka.js" defer {}
            }
            body { (body) }
        }
    }
}

fn mark() -> Markup {
    html! { img src="/assets/sverka.svg" alt="" width="22" height="22"; }
}

fn is_here(visitor: &Visitor, path: &str) -> bool {
    let here = visitor.path.split('?').next().unwrap_or_default();
    if path == "/" {
        here == "/"
    } else {
        here.starts_with(path)
    }
}

fn choices(visitor: &Visitor) -> Markup {
    html! {
        div.choices {
            (language(visitor))
            @if visitor.has_session {
                (act(visitor, "/logout", &[], &html! { button.quiet type="submit" { (say!(visitor.lang, "logout")) } }))
            }
        }
    }
}

fn language(visitor: &Visitor) -> Markup {
    let (other, name) = match visitor.lang {
        Lang::En => (Lang::Ru, "Русский"),
        Lang::Ru => (Lang::En, "English"),
    };
    html! {
        form method="post" action="/language" {
            input type="hidden" name="to" value=(visitor.path);
            input type="hidden" name="lang" value=(other.code());
            button.quiet type="submit" lang=(other.code()) { (name) }
        }
    }
}

/// A form that changes something: with the session's form token, hidden values, and its buttons.
pub(super) fn act(visitor: &Visitor, action: &str, hidden: &[(&str, &str)], content: &Markup) -> Markup {
    html! {
        form.act method="post" action=(action) {
            input type="hidden" name="form_token" value=(visitor.form_token);
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            (content)
        }
    }
}
