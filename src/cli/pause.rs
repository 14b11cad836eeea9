//! `sverka pause` and `sverka resume`: a person's word that an upstream be left alone for a while, and that work go on.

use std::time::Duration;

use clap::ValueEnum;
use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::queue::{audit, pause};
use crate::say;
use crate::upstream::Upstream;
use crate::words::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Pause {
    /// Whom: keaz, saplab, saplab.client, carreta
    #[arg(required = true, value_name = "UPSTREAM")]
    upstreams: Vec<String>,
    /// How long, e.g. 30m, 2h, 1d; 7 days at most
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = length)]
    length: Duration,
    /// What waits: everything, if nothing is named here
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Why; whoever looks is shown it
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

/// What of an upstream may be paused by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    /// What changes something there; reads go on
    Pushes,
}

#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    /// Whom: keaz, saplab, saplab.client, carreta
    #[arg(required = true, value_name = "UPSTREAM")]
    upstreams: Vec<String>,
}

/// A time that a pause may take.
fn length(text: &str) -> Result<Duration, String> {
    let length = humantime::parse_duration(text).map_err(|error| format!("{error}; say for example 30m, 2h or 1d"))?;
    if length < Duration::from_secs(1) || length > pause::MAX {
        return Err("a pause takes a second at least and 7 days at most; it can be prolonged".into());
    }
    Ok(length)
}

pub(super) async fn pause(args: &Pause, settings: Settings, format: Format) -> Result<(), CliError> {
    let upstreams = named(&args.upstreams, &settings)?;
    let database = Database::open_migrated(&settings).await?;
    let reader = Reader::new(&settings, format);
    let done = begin(args, &upstreams, &database.pool, &reader, format).await;
    database.close().await;
    done
}

async fn begin(
    args: &Pause,
    upstreams: &[Upstream],
    pool: &PgPool,
    reader: &Reader,
    format: Format,
) -> Result<(), CliError> {
    let mut begun = Vec::new();
    for upstream in upstreams {
        let only = args.only == Some(Only::Pushes);
        begun.push(
            pause::begin(
                pool,
                *upstream,
                only,
                args.length,
                args.reason.as_deref(),
                &audit::who(),
            )
            .await?,
        );
    }
    if format == Format::Json {
        return output::json(&begun);
    }
    for pause in begun {
        let words = output::plain(&pause.told(reader.lang, &reader.clock));
        let upstream = pause.upstream;
        output::line(&format!(
            "{words}. {}",
            say!(reader.lang, "pause-begun", upstream = upstream)
        ))?;
    }
    Ok(())
}

pub(super) async fn resume(args: &Resume, settings: Settings) -> Result<(), CliError> {
    let upstreams = named(&args.upstreams, &settings)?;
    let database = Database::open_migrated(&settings).await?;
    let done = end(&upstreams, &database.pool).await;
    database.close().await;
    done
}

async fn end(upstreams: &[Upstream], pool: &PgPool) -> Result<(), CliError> {
    let lang = Lang::of_environment();
    for upstream in upstreams {
        let site = lang.site(upstream.as_str());
        output::line(&match pause::end(pool, *upstream, &audit::who()).await? {
            Some(pause) => say!(lang, "pause-ended", site = site, who = output::plain(&pause.who)),
            None => say!(lang, "pause-none", site = site),
        })?;
    }
    Ok(())
}

/// The upstreams of those names, all of them configured.
fn named(names: &[String], settings: &Settings) -> Result<Vec<Upstream>, CliError> {
    let context = Context::new(settings.clone(), 0)?;
    let known = Upstream::ALL.into_iter().filter(|upstream| context.serves(*upstream));
    let known: Vec<_> = known.map(Upstream::as_str).collect();
    let found = |name: &String| {
        let upstream = Upstream::parse(name).filter(|upstream| context.serves(*upstream));
        upstream.ok_or_else(|| {
            CliError::Usage(say!(
                Lang::of_environment(),
                "pause-unknown",
                name = name.clone(),
                known = known.join(", ")
            ))
        })
    };
    names.iter().map(found).collect()
}
