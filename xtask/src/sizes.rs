//! What a visitor has to fetch: the size table, and the bounds on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::outcome::{Failure, Outcome};
use crate::project;

/// A figure may be this much larger than the committed one before a build fails.
const SLACK_PERCENT: u64 = 3;
pub const BUDGET_FILE: &str = "docs/size-budget.txt";

/// One file of the site, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSize {
    pub name: String,
    pub raw: u64,
    pub gzip: u64,
    pub first_load: bool,
}

/// Sizes of all files under `site`. Compression is Node's zlib at level 9: Node is there, wasm-opt runs on it.
pub fn measure(site: &Path, node: &Path) -> Outcome<Vec<FileSize>> {
    let mut files = Vec::new();
    list(site, &mut files)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", site.display()), "build it again"))?;
    files.sort();
    const SCRIPT: &str = "const z=require('zlib'),f=require('fs');for(const p of process.argv.slice(1))\
                          {const b=f.readFileSync(p);console.log(b.length,z.gzipSync(b,{level:9}).length)}";
    let output = project::command(node).args(["-e", SCRIPT, "--"]).args(&files).output();
    let output = output.map_err(|error| Failure::new(format!("node: {error}"), "run `node --version`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let sizes: Vec<(u64, u64)> = text.lines().filter_map(two_numbers).collect();
    if sizes.len() != files.len() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("Node did not measure the site: {said}"), "run the same command again"));
    }
    let first = first_load(site, &files);
    let rows = files.iter().zip(sizes).map(|(path, (raw, gzip))| FileSize {
        name: path.strip_prefix(site).unwrap_or(path).display().to_string(),
        raw,
        gzip,
        first_load: first.contains(path),
    });
    Ok(rows.collect())
}

fn two_numbers(line: &str) -> Option<(u64, u64)> {
    let (raw, gzip) = line.split_once(' ')?;
    Some((raw.parse().ok()?, gzip.parse().ok()?))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The HTML, CSS, JavaScript and wasm that a first visit fetches: index.html, and whatever a fetched text names.
fn first_load(site: &Path, files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let kind = |path: &Path| path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_string();
    let mut found = BTreeSet::from([site.join("index.html")]);
    let mut to_read = vec![site.join("index.html")];
    while let Some(path) = to_read.pop() {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for file in files.iter().filter(|file| matches!(kind(file).as_str(), "html" | "css" | "js" | "wasm")) {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let later = name.ends_with("_rest.wasm");
            if !later && text.contains(name) && found.insert(file.clone()) && kind(file) != "wasm" {
                to_read.push(file.clone());
            }
        }
    }
    found
}

/// What the figures of the budget are, raw and with both compressions that hosts use.
pub fn sums(site: &Path, node: &Path) -> Outcome<String> {
    const SCRIPT: &str = "const z=require('zlib'),f=require('fs');for(const p of process.argv.slice(1))\
                          console.log(0,z.brotliCompressSync(f.readFileSync(p)).length)";
    let files = measure(site, node)?;
    let paths = files.iter().map(|file| site.join(&file.name));
    let output = project::command(node).args(["-e", SCRIPT, "--"]).args(paths).output();
    let output = output.map_err(|error| Failure::new(format!("node: {error}"), "run `node --version`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let brotli: Vec<u64> = text.lines().filter_map(two_numbers).map(|(_, brotli)| brotli).collect();
    let mut lines = format!("{:12} {:>12} {:>12} {:>12}\n", "", "bytes", "gzip -9", "brotli 11");
    for (_, name, counts) in FIGURES {
        let counted: Vec<(&FileSize, &u64)> = files.iter().zip(&brotli).filter(|(file, _)| counts(file)).collect();
        let sum = |get: fn(&(&FileSize, &u64)) -> u64| counted.iter().map(get).sum::<u64>();
        let (raw, gzip, brotli) = (sum(|(file, _)| file.raw), sum(|(file, _)| file.gzip), sum(|(_, brotli)| **brotli));
        lines.push_str(&format!("{name:12} {raw:>12} {gzip:>12} {brotli:>12}\n"));
    }
    Ok(lines)
}

pub fn table(files: &[FileSize]) -> String {
    let width = files.iter().map(|file| file.name.len()).max().unwrap_or(0).max(10);
    let mut text = format!("{:width$} {:>12} {:>12}  first load\n", "file", "bytes", "gzip -9");
    for file in files {
        let mark = if file.first_load { "yes" } else { "" };
        text.push_str(format!("{:width$} {:>12} {:>12}  {mark}", file.name, file.raw, file.gzip).trim_end());
        text.push('\n');
    }
    let sum = |get: fn(&FileSize) -> u64| files.iter().filter(|file| file.first_load).map(get).sum::<u64>();
    text.push_str(&format!("{:width$} {:>12} {:>12}\n", "first load", sum(|file| file.raw), sum(|file| file.gzip)));
    text
}

/// The figures of `docs/size-budget.txt`: their names there, what they are called, and which files they count.
type Figure = (&'static str, &'static str, fn(&FileSize) -> bool);
const FIGURES: &[Figure] = &[
    ("first-paint-gzip", "first paint", |file| file.first_load && !file.name.ends_with(".wasm")),
    ("first-load-gzip", "first load", |file| file.first_load),
    ("whole-gzip", "whole site", |_| true),
];

/// Compares with the figures in `docs/size-budget.txt`; says how far the build is from each.
pub fn check_budget(files: &[FileSize]) -> Outcome<Vec<String>> {
    let path = project::root().join(BUDGET_FILE);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{BUDGET_FILE} cannot be read: {error}"), "restore it from git"))?;
    let verdicts = FIGURES.iter().map(|(key, name, counts)| {
        let Some(budget) = budget(&text, key) else {
            let remedy = format!("write one line `{key} BYTES` into {BUDGET_FILE}");
            return Err(Failure::new(format!("{BUDGET_FILE} holds no {key}"), remedy));
        };
        judge(name, files.iter().filter(|file| counts(file)).map(|file| file.gzip).sum(), budget)
    });
    verdicts.collect()
}

fn budget(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?.trim().parse().ok()
}

fn judge(name: &str, now: u64, budget: u64) -> Outcome<String> {
    let bound = budget + budget * SLACK_PERCENT / 100;
    if now > bound {
        return Err(Failure::new(
            format!("the {name} is {now} bytes (gzip), more than {SLACK_PERCENT} % past the committed {budget}"),
            format!("make it smaller, or write {now} into {BUDGET_FILE} in a commit that says what it buys"),
        ));
    }
    let lower = if now < budget - budget * SLACK_PERCENT / 100 { "; the committed figure may be lowered" } else { "" };
    Ok(format!("{name} {now} bytes (gzip); committed {budget}, bound {bound}{lower}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_past_three_percent_fails_and_names_the_figure() {
        assert!(judge("first load", 103_000, 100_000).is_ok());
        let failure = judge("first load", 103_001, 100_000).expect_err("one byte past the bound");
        assert!(failure.remedy.contains("103001"));
        assert!(judge("first load", 90_000, 100_000).expect("smaller is fine").contains("may be lowered"));
    }

    #[test]
    fn the_budget_is_the_line_that_names_it() {
        assert_eq!(budget("# why\nfirst-load-gzip 1234\nwhole-gzip 5\n", "first-load-gzip"), Some(1234));
        assert_eq!(budget("# first-load-gzip 1234\n", "first-load-gzip"), None);
    }

    #[test]
    fn the_first_load_follows_names_from_the_start_page() {
        let site = std::env::temp_dir().join(format!("highwater-sizes-{}", std::process::id()));
        std::fs::create_dir_all(&site).expect("the temporary folder can be written");
        for (name, text) in [
            ("index.html", "<script src=\"./app-1.js\">"),
            ("app-1.js", "app-1_bg.wasm app-2_rest.wasm"),
            ("app-1_bg.wasm", ""),
            ("later.js", ""),
            ("app-2_rest.wasm", ""),
        ] {
            std::fs::write(site.join(name), text).expect("the temporary folder can be written");
        }
        let mut files = Vec::new();
        list(&site, &mut files).expect("it was just written");
        let first = first_load(&site, &files);
        std::fs::remove_dir_all(&site).expect("it was just written");
        let names: Vec<_> = first.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["app-1.js", "app-1_bg.wasm", "index.html"]);
    }
}
