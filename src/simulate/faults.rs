//! Faults on demand: rules that say which requests are answered wrongly, late or not at all.
//!
//! This file only decides which action meets which request; `exchange.rs` carries it out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Upstream;

/// One fault: which requests, how many of them, and what happens to them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Whose requests.
    pub upstream: Upstream,
    /// Only operations that begin with this, e.g. `keaz.remains`; none = all of the upstream.
    #[serde(default)]
    pub operation: Option<String>,
    /// So many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// So many are hit then; `u32::MAX` = always.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub action: Action,
}

fn once() -> u32 {
    1
}

impl Rule {
    /// The next request of `operation` (prefix) gets `action`.
    pub fn once(upstream: Upstream, operation: &str, action: Action) -> Self {
        Self {
            upstream,
            operation: Some(operation.to_owned()),
            skip: 0,
            times: 1,
            action,
        }
    }

    /// Every request of `operation` (prefix) gets `action` until the faults are cleared.
    pub fn always(upstream: Upstream, operation: &str, action: Action) -> Self {
        Self {
            times: u32::MAX,
            ..Self::once(upstream, operation, action)
        }
    }
}

/// What happens to a request. Unless it is wrapped in [`Action::ApplyThen`], the actions that do not send the true
/// answer apply nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// This answer instead of the true one.
    Status {
        /// HTTP status.
        code: u16,
        /// Headers, e.g. `Retry-After`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Body.
        #[serde(default)]
        body: String,
    },
    /// The effect happens, then the answer goes wrong like this.
    ApplyThen(Box<Action>),
    /// The answer goes wrong like this now; the effect happens when the gate `gate` opens.
    ApplyLate {
        /// Name of the gate.
        gate: String,
        /// What the client sees meanwhile.
        then: Box<Action>,
    },
    /// The connection is closed (FIN) without an answer.
    Drop,
    /// The connection is reset (RST) without an answer.
    Reset,
    /// No answer until the faults are cleared or the client is gone; then the connection is closed.
    Hang,
    /// The true answer, later. In JSON: milliseconds.
    Delay(#[serde(with = "millis")] Duration),
    /// The first half of the true answer under its full Content-Length (or chunked), then the connection is closed.
    CutBody,
    /// The first half of the true answer, ended by closing the connection as if that were all: no length, no chunks.
    CutUnseen,
    /// 200 with this body, as `application/json`.
    Garbage(String),
    /// 200 with an HTML login page.
    Html,
    /// The true answer with a byte order mark in front.
    Bom,
    /// The true answer, one byte a second.
    SlowDrip,
    /// The true answer under three megabytes of headers.
    HugeHeaders,
    /// A redirect to `location` with status `code`.
    Redirect {
        /// HTTP status, 301 to 308.
        code: u16,
        /// Where to.
        location: String,
    },
    /// 200 with 200 KB of gzip that inflate to 200 MB.
    Bomb,
    /// Waits until the gate of this name is open, then answers truly.
    Gate(String),
}

/// The rules in force, in the order they were injected.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    pub(super) fn inject(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The action for one request: the first rule that matches, has no more to skip, and is not used up.
    pub(super) fn meet(&mut self, upstream: Upstream, operation: &str) -> Option<Action> {
        for rule in self
            .rules
            .iter_mut()
            .filter(|rule| rule.upstream == upstream && rule.times > 0)
        {
            if !rule
                .operation
                .as_deref()
                .is_none_or(|prefix| operation.starts_with(prefix))
            {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times != u32::MAX {
                rule.times -= 1;
            }
            return Some(rule.action.clone());
        }
        None
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_then_acts_so_often_and_is_used_up() {
        let mut faults = Faults::default();
        faults.inject(Rule {
            skip: 1,
            times: 2,
            ..Rule::once(Upstream::Keaz, "keaz.remains", Action::Drop)
        });
        let met = |faults: &mut Faults, operation| faults.meet(Upstream::Keaz, operation).is_some();
        assert!(!met(&mut faults, "keaz.warehouses.list"));
        let hits: Vec<bool> = (0..4).map(|_| met(&mut faults, "keaz.remains.update")).collect();
        assert_eq!(hits, [false, true, true, false]);
    }

    #[test]
    fn a_rule_can_be_written_as_json() {
        let rule: Rule = serde_json::from_str(
            r#"{"upstream":"saplab","operation":"saplab.panel.order.pay","action":{"apply_then":{"delay":250}}}"#,
        )
        .unwrap();
        assert_eq!(rule.times, 1);
        let Action::ApplyThen(then) = rule.action else {
            panic!("not apply_then")
        };
        assert!(matches!(*then, Action::Delay(wait) if wait == Duration::from_millis(250)));
        assert!(serde_json::from_str::<Rule>(r#"{"upstream":"keaz","action":"hang"}"#).is_ok());
    }
}
