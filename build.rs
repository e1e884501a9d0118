//! Turns `strings/en.toml` and `strings/ko.toml` into a typed catalogue: one method a text, so a missing or misspelt
//! text is a compile error and not an empty label.
//!
//! The files hold `[section]` heads, `key = "text"` lines and `#` comments, nothing else. `{name}` in a text is an
//! argument; in Korean, `{name:이/가}` also picks the particle that fits the argument's last sound. The build fails when
//! the two files differ in keys or in the names of arguments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

type Catalogue = BTreeMap<String, String>;

fn main() {
    println!("cargo::rerun-if-changed=strings");
    println!("cargo::rerun-if-changed=build.rs");
    let english = read("strings/en.toml");
    let korean = read("strings/ko.toml");
    for key in english.keys().chain(korean.keys()) {
        assert!(english.contains_key(key), "strings/en.toml lacks {key}");
        assert!(korean.contains_key(key), "strings/ko.toml lacks {key}");
    }
    let mut code = String::from("impl Words {\n");
    for (key, en) in &english {
        method(&mut code, key, en, &korean[key]);
    }
    code.push_str("}\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("strings.rs"), code).expect("OUT_DIR can be written");
    tell_the_linker(Path::new(&out));
}

/// `cargo xtask dist` takes the optimised page apart after it is linked, and has to know where each constant lies: the
/// linker writes that into `highwater.map` beside the program.
fn tell_the_linker(out: &Path) {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    if is("CARGO_CFG_TARGET_ARCH", "wasm32") && is("PROFILE", "release") {
        // OUT_DIR is `build/NAME-HASH/out` in the folder of the profile.
        let folder = out.ancestors().nth(3).expect("OUT_DIR stands in the folder of the profile");
        println!("cargo::rustc-link-arg-bin=highwater=-Map={}", folder.join("highwater.map").display());
    }
}

/// Reads one language: `section_key` to text.
fn read(path: &str) -> Catalogue {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut section = String::new();
    let mut found = Catalogue::new();
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{place}: not `key = \"text\"`"));
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("{place}: the text must stand in double quotes"));
        assert!(!value.contains('"') && !value.contains('\\'), "{place}: no quotes or backslashes inside a text");
        assert!(
            key.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()),
            "{place}: bad key {key}"
        );
        let full = format!("{section}_{key}");
        assert!(found.insert(full, value.to_owned()).is_none(), "{place}: {key} stands twice");
    }
    found
}

/// A piece of a text: words, or an argument with its optional particle pair.
enum Piece<'a> {
    Words(&'a str),
    Argument(&'a str, Option<&'a str>),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').unwrap_or_else(|| panic!("unclosed brace in {text:?}")) + open;
        if open > 0 {
            found.push(Piece::Words(&rest[..open]));
        }
        let inside = &rest[open + 1..close];
        let (name, particle) = match inside.split_once(':') {
            Some((name, particle)) => (name, Some(particle)),
            None => (inside, None),
        };
        found.push(Piece::Argument(name, particle));
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Words(rest));
    }
    found
}

fn arguments(text: &str) -> Vec<String> {
    let mut names: Vec<String> = pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Argument(name, _) => Some(name.to_owned()),
            Piece::Words(_) => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn method(code: &mut String, key: &str, en: &str, ko: &str) {
    let names = arguments(en);
    assert_eq!(names, arguments(ko), "the arguments of {key} differ between en.toml and ko.toml");
    if names.is_empty() {
        let _ = writeln!(code, "    /// {en}");
        let _ = writeln!(
            code,
            "    pub fn {key}(self) -> &'static str {{\n        match self {{ Words::English => {en:?}, Words::Korean => {ko:?} }}\n    }}"
        );
        return;
    }
    let parameters: String = names.iter().map(|name| format!(", {name}: impl std::fmt::Display")).collect();
    let _ = writeln!(code, "    /// {}", en.replace(['{', '}'], "`"));
    let _ = writeln!(code, "    pub fn {key}(self{parameters}) -> String {{");
    for name in &names {
        let _ = writeln!(code, "        let {name} = {name}.to_string();");
    }
    let _ = writeln!(code, "        let mut text = String::new();\n        match self {{");
    for (language, text) in [("English", en), ("Korean", ko)] {
        let _ = writeln!(code, "            Words::{language} => {{");
        for piece in pieces(text) {
            let _ = match piece {
                Piece::Words(words) if words.chars().count() == 1 => {
                    writeln!(code, "                text.push({:?});", words.chars().next().expect("it has one"))
                }
                Piece::Words(words) => writeln!(code, "                text.push_str({words:?});"),
                Piece::Argument(name, None) => writeln!(code, "                text.push_str(&{name});"),
                Piece::Argument(name, Some(pair)) => {
                    writeln!(
                        code,
                        "                text.push_str(&{name});\n                text.push_str(particle(&{name}, {pair:?}));"
                    )
                }
            };
        }
        let _ = writeln!(code, "            }}");
    }
    let _ = writeln!(code, "        }}\n        text\n    }}");
}
