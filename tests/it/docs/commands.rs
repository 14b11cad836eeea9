//! What the pages tell people to type is what the command line takes.

use clap::CommandFactory;
use clap::error::ErrorKind;
use sverka::cli::Cli;

use super::page::Page;
use super::pages;

/// Every `sverka ...` of a page, in its blocks and in its sentences.
fn commands(page: &Page) -> Vec<String> {
    let blocks = page
        .code(&["sh", "text", ""])
        .into_iter()
        .flat_map(|(_, text)| text.lines());
    let said = page.codes.iter().map(String::as_str);
    let typed = blocks.chain(said).map(|line| line.trim_start_matches("$ ").trim());
    typed
        .filter(|line| line.starts_with("sverka "))
        .map(str::to_owned)
        .collect()
}

/// Why the command line does not take it. What a page leaves out (an argument, a whole subcommand) is no fault.
fn fault(line: &str) -> Option<String> {
    let line = line.split(" #").next()?.split([';', '|', '>']).next()?;
    if line.contains("...") || line.contains('=') {
        return None;
    }
    // ID and N are numbers; JOB, UPSTREAM and the like stand for one of several words.
    let is_place = |word: &str| word.len() > 2 && word.chars().all(char::is_uppercase);
    let words = line.split_whitespace();
    let words = words.map(|word| if matches!(word, "ID" | "N" | "PLAN") { "1" } else { word });
    let error = Cli::command().try_get_matches_from(words).err()?;
    let left_out = match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        ErrorKind::InvalidValue | ErrorKind::InvalidSubcommand | ErrorKind::ValueValidation => {
            line.split_whitespace().any(is_place)
        }
        _ => false,
    };
    (!left_out).then(|| error.to_string())
}

#[test]
fn every_command_that_a_page_names_is_one() {
    let pages: Vec<Page> = [".", "docs"].into_iter().flat_map(pages).collect();
    let typed: Vec<(String, String)> = pages
        .iter()
        .flat_map(|page| commands(page).into_iter().map(|line| (page.name(), line)))
        .collect();
    assert!(typed.len() > 100, "only {} commands were found", typed.len());
    let faults: Vec<String> = typed
        .iter()
        .filter_map(|(page, line)| Some(format!("{page}: {line}\n{}", fault(line)?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_command_that_is_none_is_noticed() {
    assert!(fault("sverka queue retry ID --yes").is_none());
    assert!(fault("sverka hold").is_none());
    assert!(fault("sverka queue retry ID --sure").is_some());
    assert!(fault("sverka sink stock").is_some());
}
