//! `cargo xtask journeys`: the optimised site as a user meets it. Each file of `tests/journeys` is a script that runs in
//! the page of `dist/`, served under a path of its own, and throws when something is not as it should be. Those of
//! `tests/journeys/first` tell `cargo xtask dist` what the first file of the program has to hold; those of
//! `tests/journeys/looks` are made in both themes and both languages, with axe-core at hand.
//!
//! Lines of a script that begin with `//!` are for the runner: what stands there is not JavaScript's to do.

use std::path::PathBuf;
use std::time::Instant;

use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::{Key, Session};
use crate::{browser, node, project, split};

/// What every journey may use.
const PRELUDE: &str = include_str!("../../tests/journeys/prelude/prelude.js");

/// What holds after a first visit: nobody has waited for the second file of the program.
const FIRST_FILE_ALONE: &str = "
for (const { detail } of performance.getEntriesByName('rest')) fail('a first visit asked for the second file: ' + detail);
";

/// Every journey ends with what was found on the way and did not stop it.
const CLOSING: &str = "if (faults.length) fail(faults.join('\\n'));";

/// The next journey begins as a stranger's.
const FORGET: &str = "localStorage.clear(); sessionStorage.clear();";

const LOOKS: [(&str, &str); 4] = [("light", "en"), ("dark", "en"), ("light", "ko"), ("dark", "ko")];

pub struct Options {
    site: PathBuf,
    /// Parts of names: only journeys with one of them are made. All without any.
    names: Vec<String>,
}

impl Options {
    pub fn parse(args: &[String]) -> Outcome<Options> {
        let mut options = Options { site: project::root().join("dist"), names: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match (arg.as_str(), arg.starts_with('-')) {
                ("--site", _) => {
                    let usage =
                        || Failure::new("`--site` names no folder", "cargo xtask journeys [--site FOLDER] [NAME...]");
                    options.site = PathBuf::from(args.next().ok_or_else(usage)?);
                }
                (other, true) => {
                    let what = format!("`journeys` does not know `{other}`");
                    return Err(Failure::new(what, "cargo xtask journeys [--site FOLDER] [NAME...]"));
                }
                (name, false) => options.names.push(name.to_string()),
            }
        }
        Ok(options)
    }

    fn wants(&self, journey: &Journey) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| journey.name.contains(name.as_str()))
    }
}

/// A part of a journey.
#[derive(Debug, PartialEq)]
enum Act {
    /// Runs in the page.
    Script(String),
    /// Keys that the browser gets as from a keyboard.
    Keys(Vec<Key>),
    /// The page is loaded again.
    Reload,
}

#[derive(Debug, PartialEq)]
struct Journey {
    name: String,
    /// `//! window 390x844`; without it the browser's own, as where `cargo xtask dist` watches the first visits.
    window: Option<(u32, u32)>,
    /// Theme and language that an earlier visit has chosen; axe-core is there then.
    look: Option<(&'static str, &'static str)>,
    acts: Vec<Act>,
}

impl Journey {
    /// Reads a script: `//! window 390x844`, `//! reload`, `//! keys Tab Enter a b`.
    fn read(name: &str, script: &str) -> Outcome<Journey> {
        let mut journey = Journey { name: name.to_string(), window: None, look: None, acts: Vec::new() };
        let mut part = String::new();
        let unknown = |line: &str| {
            Failure::new(
                format!("{name}: the runner does not know `{line}`"),
                "window 390x844, reload, keys Tab Enter a",
            )
        };
        for line in script.lines() {
            let Some(words) = line.strip_prefix("//!") else {
                part.push_str(line);
                part.push('\n');
                continue;
            };
            let words: Vec<&str> = words.split_whitespace().collect();
            if let ["window", size] = words[..] {
                let size = size.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
                journey.window = Some(size.ok_or_else(|| unknown(line))?);
                continue;
            }
            journey.acts.push(Act::Script(std::mem::take(&mut part)));
            journey.acts.push(match words[..] {
                ["reload"] => Act::Reload,
                ["keys", ..] => Act::Keys(
                    words[1..]
                        .iter()
                        .map(|word| Key::named(word))
                        .collect::<Option<_>>()
                        .ok_or_else(|| unknown(line))?,
                ),
                _ => return Err(unknown(line)),
            });
        }
        journey.acts.push(Act::Script(part));
        Ok(journey)
    }
}

pub fn run(options: &Options) -> Outcome<()> {
    if !options.site.join("index.html").is_file() {
        return Err(Failure::new(format!("there is no site in {}", options.site.display()), "cargo xtask dist"));
    }
    let journeys: Vec<Journey> = all()?.into_iter().filter(|journey| options.wants(journey)).collect();
    if journeys.is_empty() {
        return Err(Failure::new("no journey has such a name", "look at tests/journeys"));
    }
    let auditor = if journeys.iter().any(|journey| journey.look.is_some()) { node::axe()? } else { String::new() };
    let browser = browser::get()?;
    let host = Host::open(&options.site)?;
    let session = Session::open(&browser)?;
    let mut failures = Vec::new();
    for journey in &journeys {
        let began = Instant::now();
        let said = make(&session, &host, journey, &auditor)?;
        let seconds = began.elapsed().as_secs_f32();
        say(format!("journey {}: {} ({seconds:.1} s)", journey.name, if said == "ok" { "ok" } else { "FAILED" }));
        if said != "ok" {
            failures.push(format!("{}: {}", journey.name, with_names(&said)));
        }
    }
    let missing = host.missing();
    if !missing.is_empty() {
        failures.push(format!("the page asked for what the site does not hold: {}", missing.join(", ")));
    }
    println!("journeys: {} passed; {} failed", journeys.len() - failures.len().min(journeys.len()), failures.len());
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::new(failures.join("\n"), "the scripts stand in tests/journeys; `cargo xtask serve` shows the page"))
}

/// Makes one journey; `ok`, or what was wrong.
fn make(session: &Session, host: &Host, journey: &Journey, auditor: &str) -> Outcome<String> {
    match journey.window {
        Some((width, height)) => session.resize(width, height)?,
        None => session.own_size()?,
    }
    let address = format!("{}?journey={}", host.address, journey.name);
    session.go(&address)?;
    if let Some((theme, language)) = journey.look {
        let choose = format!(
            "localStorage.setItem('highwater.theme', '{theme}'); localStorage.setItem('highwater.language', '{language}');"
        );
        session.run(&choose)?;
        session.reload()?;
    }
    let mut said = "ok".to_string();
    let mut is_loaded = true;
    for act in &journey.acts {
        match act {
            Act::Reload => {
                session.reload()?;
                is_loaded = true;
            }
            Act::Keys(keys) => session.press(keys)?,
            Act::Script(script) => {
                if journey.look.is_some() && std::mem::take(&mut is_loaded) {
                    session.run(auditor)?;
                }
                said = session.run(&format!("{}\n{CLOSING}", whole(script)))?;
            }
        }
        if said != "ok" {
            break;
        }
    }
    session.run(FORGET)?;
    Ok(said)
}

/// A text in which `wasm-function[12]` tells which function that is.
fn with_names(text: &str) -> String {
    let names = std::fs::read_to_string(split::names_file()).unwrap_or_default();
    let name = |number: &str| names.lines().find_map(|line| line.strip_prefix(number)?.strip_prefix(' '));
    let mut parts = text.split("wasm-function[");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (number, rest) = part.split_once(']').unwrap_or((part, ""));
        out.push_str(&format!("{}{rest}", name(number).unwrap_or(number)));
    }
    out
}

/// A script with what every journey may use.
pub fn whole(script: &str) -> String {
    format!("{PRELUDE}\n{script}")
}

/// What a visitor does who has not asked for more than the first load holds.
pub fn first_visits() -> Outcome<Vec<(String, String)>> {
    scripts("tests/journeys/first")
}

fn all() -> Outcome<Vec<Journey>> {
    let mut found = Vec::new();
    for (name, script) in first_visits()? {
        found.push(Journey::read(&name, &format!("{script}{FIRST_FILE_ALONE}"))?);
    }
    for (name, script) in scripts("tests/journeys")? {
        found.push(Journey::read(&name, &script)?);
    }
    for (name, script) in scripts("tests/journeys/looks")? {
        for look in LOOKS {
            let journey = Journey::read(&format!("{name}_{}_{}", look.0, look.1), &script)?;
            found.push(Journey { look: Some(look), ..journey });
        }
    }
    Ok(found)
}

/// Names and texts of the scripts, in the order of their names.
fn scripts(folder: &str) -> Outcome<Vec<(String, String)>> {
    let folder = project::root().join(folder);
    let unread = |error: std::io::Error| {
        Failure::new(format!("{} cannot be read: {error}", folder.display()), "restore it: git checkout -- tests")
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).map_err(unread)?));
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(Failure::new(format!("{} holds no script", folder.display()), "restore it: git checkout -- tests")),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_the_runner_part_a_script() {
        let journey =
            Journey::read("a", "//! window 390x844\none();\n//! keys Tab x\n//! reload\ntwo();").expect("it is good");
        assert_eq!(journey.window, Some((390, 844)));
        let keys = vec![Key::named("Tab").expect("it is a key"), Key::named("x").expect("it is a letter")];
        let script = |text: &str| Act::Script(text.into());
        assert_eq!(journey.acts, [script("one();\n"), Act::Keys(keys), script(""), Act::Reload, script("two();\n")]);
        assert!(Journey::read("a", "//! keys Hyper").is_err());
        assert!(Journey::read("a", "//! fly").is_err());
    }

    #[test]
    fn every_journey_that_is_there_can_be_read() {
        let journeys = all().expect("all can be read");
        assert!(journeys.len() > 10 && journeys.iter().any(|journey| journey.look == Some(("dark", "ko"))));
    }
}
