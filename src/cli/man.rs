//! `sverka man`, hidden: the manual pages, laid as under /usr/share/man, for whoever packages Sverka. One page for each command, made of the command
//! line's own words, and `sverka.toml(5)`, which is the embedded default file.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::{Cli, CliError};
use crate::config::DEFAULT_FILE;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder, such as /usr/local/share/man
    folder: PathBuf,
}

/// What stands in `sverka(1)` beside the options: heading, then entries of name and words.
const MORE: [(&str, &[(&str, &str)]); 3] = [
    (
        "SIGNALS",
        &[
            ("SIGUSR1", "To sverka run: every configured job now."),
            ("SIGUSR2", "Write queue, last runs and the daemon's state to the log."),
            ("SIGHUP", "Read the configuration again; a bad one changes nothing."),
            (
                "SIGTERM, SIGINT",
                "Take no more work, finish what is under way, exit with 0.",
            ),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "Done."),
            (
                "1",
                "Failed: a call died, rows were refused, or (status) a job is late.",
            ),
            ("2", "Usage."),
            (
                "69",
                "A site or the database is unavailable; what was asked for stays in the queue.",
            ),
            ("78", "The configuration is bad."),
        ],
    ),
    (
        "FILES",
        &[
            ("/etc/sverka/sverka.toml", "The configuration, see sverka.toml(5)."),
            (
                "/etc/sverka/secrets",
                "Secrets, one file each, named as their keys; for root alone.",
            ),
            (
                "/var/lib/sverka",
                "The private PostgreSQL cluster, where database.url is not set.",
            ),
        ],
    ),
];

pub(super) fn write(args: &Args) -> Result<(), CliError> {
    let [commands, files] = ["man1", "man5"].map(|section| args.folder.join(section));
    std::fs::create_dir_all(&commands)?;
    std::fs::create_dir_all(&files)?;
    let mut command = Cli::command();
    command.build();
    write_pages(&command, &commands)?;
    std::fs::write(files.join("sverka.toml.5"), file_page())?;
    Ok(())
}

/// The page of a command and those of its subcommands, without what is hidden.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<(), CliError> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let is_root = name == "sverka";
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name.clone())
        .source(concat!("sverka ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)?;
    if is_root {
        more().to_writer(&mut page)?;
    }
    std::fs::write(folder.join(format!("{name}.1")), page)?;
    let shown = |sub: &&clap::Command| !sub.is_hide_set() && sub.get_name() != "help";
    command
        .get_subcommands()
        .filter(shown)
        .try_for_each(|sub| write_pages(sub, folder))
}

fn more() -> Roff {
    let mut roff = Roff::new();
    for (heading, entries) in MORE {
        roff.control("SH", [heading]);
        for (name, words) in entries {
            roff.control("TP", []);
            roff.text([bold(*name)]);
            roff.text([roman(*words)]);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("sverka.toml"), roman("(5), /usr/share/doc/sverka")]);
    roff
}

/// The default file as it is, with its comments.
fn file_page() -> String {
    let mut roff = Roff::new();
    roff.control("TH", ["sverka.toml", "5", "", env!("CARGO_PKG_VERSION")]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("sverka.toml - every setting of sverka with its default")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.control("nf", []);
    for line in DEFAULT_FILE.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.render()
}
