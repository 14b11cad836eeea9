//! Plots as SVG, drawn by the server: attributes and classes only, a sentence instead for who does not see them.
#![allow(clippy::float_arithmetic, reason = "places on a picture, not money")]

use maud::{Markup, html};

/// One bar.
pub(super) struct Bar {
    pub(super) value: f64,
    /// `bad`, `warn` or nothing.
    pub(super) class: &'static str,
    /// Said when it is pointed at.
    pub(super) title: String,
}

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 64.0;
/// Above the highest bar.
const HEAD: f64 = 2.0;
/// Room for so many bars, however few there are.
const PLACES: f64 = 40.0;

/// Bars from left to right; `words` say the same.
pub(super) fn bars(words: &str, bars: &[Bar]) -> Markup {
    let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let step = WIDTH / PLACES.max(bars.len() as f64);
    let ground = HEIGHT - 2.0;
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(words) {
            line.axis x1="0" y1=(ground) x2=(WIDTH) y2=(ground) {}
            @for (place, bar) in bars.iter().enumerate() {
                // What is not nothing is seen.
                @let height = if bar.value > 0.0 { (bar.value / most * (ground - HEAD)).max(1.0) } else { 0.0 };
                rect.bar.(bar.class) x=(short(place as f64 * step)) y=(short(ground - height)) width=(short(step * 0.8))
                    height=(short(height)) { title { (bar.title) } }
            }
        }
    }
}

/// How much of a promise is used up: a bar, and a line where it is broken. Beyond half as much again it is cut off.
pub(super) fn measure(words: &str, used: u64, promised: u64) -> Markup {
    const LIMIT: f64 = 100.0;
    let used = used as f64 / promised.max(1) as f64;
    let width = (used * LIMIT).clamp(1.0, LIMIT * 1.5);
    let class = if used > 1.0 { "bad" } else { "" };
    html! {
        svg.plot.measure viewBox="0 0 150 14" role="img" aria-label=(words) {
            rect.track x="0" y="3" width="150" height="8" {}
            rect.bar.(class) x="0" y="3" width=(short(width)) height="8" { title { (words) } }
            line.limit x1=(LIMIT) y1="0" x2=(LIMIT) y2="14" {}
        }
    }
}

fn short(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(value: f64) -> Bar {
        Bar {
            value,
            class: "",
            title: format!("{value} <s>"),
        }
    }

    #[test]
    fn the_highest_bar_fills_the_plot_and_a_small_one_is_still_seen() {
        let svg = bars("of \"two\"", &[bar(1000.0), bar(0.1), bar(0.0)]).into_string();
        for part in [
            "height=\"60.0\"",
            "height=\"1.0\"",
            "height=\"0.0\"",
            "aria-label=\"of &quot;two&quot;\"",
            "0.1 &lt;s&gt;",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(!bars("none", &[]).into_string().contains("NaN"));
    }

    #[test]
    fn a_broken_promise_crosses_the_line_and_does_not_leave_the_plot() {
        let width = |used| {
            let svg = measure("x", used, 10).into_string();
            let bar = svg.split("width=\"").nth(2).and_then(|rest| rest.split('"').next());
            (bar.map(str::to_owned), svg.contains("bar bad"))
        };
        assert_eq!(width(5), (Some("50.0".into()), false));
        assert_eq!(width(12), (Some("120.0".into()), true));
        assert_eq!(width(9000), (Some("150.0".into()), true));
    }
}
