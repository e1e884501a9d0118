//! The files of the built page that name the program: `index.html`, the JavaScript beside it, the program itself.

use std::path::Path;

use super::parts::{LOAD, Parts};
use crate::outcome::{Failure, Outcome};

/// What joins the second part to the first, in the JavaScript of the program.
const JOINING: &str = include_str!("../../../www/rest.js");
/// Where wasm-bindgen lists what the page gives to the program.
const GIVEN: &str = "    const import0 = {\n        __proto__: null,\n";

pub struct Page {
    pub html: String,
    /// Name of the program's file, `highwater-HASH_bg.wasm`.
    pub wasm: String,
    /// Name of the JavaScript that wasm-bindgen wrote for it, `highwater-HASH.js`.
    script: String,
}

pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{}: {error}", path.display()),
        "look at the owner of that folder, and at the room on the disk",
    )
}

impl Page {
    pub fn open(site: &Path) -> Outcome<Page> {
        let html = read(&site.join("index.html"))?;
        let wasm = name_in(&html, "_bg.wasm").ok_or_else(|| unknown("dist/index.html does not name the program"))?;
        let script = wasm.replace("_bg.wasm", ".js");
        match html.contains(&script) {
            true => Ok(Page { html, wasm, script }),
            false => Err(unknown("dist/index.html does not name the JavaScript of the program")),
        }
    }

    /// Puts the two parts in the place of the one. Names carry a digest of the contents, so what a browser has kept of
    /// an older site is never mixed with this one.
    pub fn replace(&self, site: &Path, parts: &Parts) -> Outcome<()> {
        let (first, rest) = (parts.first.write(), parts.rest.write());
        let rest_name = format!("highwater-{:016x}_rest.wasm", digest(&rest));
        let script = joined_script(&read(&site.join(&self.script))?, &rest_name, parts)?;
        let first_name = format!("highwater-{:016x}_bg.wasm", digest(&first));
        let script_name = format!("highwater-{:016x}.js", digest(script.as_bytes()));
        let html = html_without_checks(&self.html, &[&self.wasm, &self.script]);
        let html = html.replace(&self.wasm, &first_name).replace(&self.script, &script_name);
        let html = with_size(&html, &first_name, first.len());
        for name in [&self.wasm, &self.script] {
            let path = site.join(name);
            std::fs::remove_file(&path).map_err(|error| unreadable(&path, &error))?;
        }
        write(&site.join(first_name), &first)?;
        write(&site.join(rest_name), &rest)?;
        write(&site.join(script_name), script.as_bytes())?;
        write(&site.join("index.html"), html.as_bytes())
    }
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    std::fs::write(path, bytes).map_err(|error| unreadable(path, &error))
}

fn unknown(what: &str) -> Failure {
    Failure::new(what, "look at what the new version of Trunk or wasm-bindgen writes; xtask/src/split/page.rs reads it")
}

/// The script of the program with what joins the parts, and with the import by which the first asks for the second.
fn joined_script(script: &str, rest_name: &str, parts: &Parts) -> Outcome<String> {
    if script.matches(GIVEN).count() != 1 {
        return Err(unknown("the JavaScript of the program does not list its imports where they are looked for"));
    }
    let joining: String = JOINING
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |text, line| text + line.trim_start() + "\n");
    let joining = joining
        .replace("__FILE__", rest_name)
        .replace("__IMPORTS__", &parts.imports.to_string())
        .replace("__IMPORTS_AT__", &parts.imports_at.to_string());
    Ok(format!("{}{joining}", script.replace(GIVEN, &format!("{GIVEN}        {LOAD},\n"))))
}

/// The start page without the `integrity` of every tag that names one of `files`, or of all where `files` is empty.
pub fn html_without_checks(html: &str, files: &[&str]) -> String {
    let mut text = String::with_capacity(html.len());
    for tag in html.split_inclusive('>') {
        let changed = files.is_empty() || files.iter().any(|file| tag.contains(file));
        match tag.split_once(" integrity=\"").filter(|_| changed) {
            Some((before, rest)) => {
                text.push_str(before);
                text.push_str(rest.split_once('"').map_or("", |(_, after)| after));
            }
            None => text.push_str(tag),
        }
    }
    text
}

/// Trunk tells its initializer how large the program is, for the progress that is shown.
fn with_size(html: &str, name: &str, bytes: usize) -> String {
    let Some((before, after)) = html.split_once(&format!("'./{name}', ")) else { return html.to_string() };
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    format!("{before}'./{name}', {bytes}{}", &after[digits..])
}

/// The first file name in a text that ends so.
fn name_in(text: &str, ending: &str) -> Option<String> {
    let end = text.find(ending)?;
    let start = text[..end].rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))? + 1;
    Some(format!("{}{ending}", &text[start..end]))
}

/// FNV-1a: tells files apart, no more.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<link href=\"./a.css\" integrity=\"sha384-A\"/><link href=\"./b_bg.wasm\" integrity=\"sha384-B\" as=\"fetch\">\
                        <script>await start(init, './b_bg.wasm', 123, x());</script>";

    #[test]
    fn only_changed_files_lose_their_check() {
        let text = html_without_checks(HTML, &["b_bg.wasm"]);
        assert!(
            text.contains("sha384-A") && !text.contains("sha384-B") && text.contains("wasm\" as=\"fetch\""),
            "{text}"
        );
        assert!(!html_without_checks(HTML, &[]).contains("sha384"));
    }

    #[test]
    fn the_progress_knows_the_new_size() {
        assert_eq!(name_in(HTML, "_bg.wasm").as_deref(), Some("b_bg.wasm"));
        assert!(with_size(HTML, "b_bg.wasm", 77).contains("'./b_bg.wasm', 77, x()"));
    }
}
