//! How long a file and a function may be.

use super::Complaint;
use super::source::Source;

/// Past this a file is mentioned, past the next the test fails.
const LONG_FILE: usize = 400;
const TOO_LONG_FILE: usize = 500;
const LONG_FUNCTION: usize = 70;

/// Pure tables: rows of data that nobody reads from top to bottom.
const TABLES: &[(&str, &str)] = &[("src/kafka/config/tables/", "one row for each of Kafka's config keys")];

fn is_table(source: &Source) -> bool {
    TABLES.iter().any(|(path, _)| source.path.starts_with(path))
}

fn length(source: &Source) -> usize {
    source.text.lines().count()
}

/// A file that grows towards the bound.
pub fn long_file(source: &Source) -> Option<Complaint> {
    let long = length(source) > LONG_FILE && !is_table(source);
    long.then(|| format!("{} has {} lines; {LONG_FILE} is long", source.path, length(source)))
}

pub fn too_long_file(source: &Source) -> Vec<Complaint> {
    if length(source) <= TOO_LONG_FILE || is_table(source) {
        return Vec::new();
    }
    vec![format!("{} has {} lines, more than {TOO_LONG_FILE}: part it", source.path, length(source))]
}

pub fn long_functions(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for index in (0..source.words.len()).filter(|at| source.at(*at) == "fn") {
        let Some(open) = body(source, index) else { continue };
        let lines = source.words[source.closing(open)].line - source.words[index].line + 1;
        if lines > LONG_FUNCTION {
            let what = format!("`{}` has {lines} lines, more than {LONG_FUNCTION}: part it", source.at(index + 1));
            complaints.push(source.complain(index, &what));
        }
    }
    complaints
}

/// The brace that opens the function's body; None for a declaration or a function type.
fn body(source: &Source, index: usize) -> Option<usize> {
    let mut at = index + 1;
    while at < source.words.len() {
        match source.at(at) {
            "{" => return Some(at),
            ";" | "," | ")" | "=" | "}" => return None,
            "(" | "[" => at = source.closing(at) + 1,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod samples {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn f(a: [u8; 2]) -> u8 {{\n{}}}\n", "    a();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_71_lines_is_found_and_one_of_70_is_not() {
        assert!(long_functions(&Source::new("src/time.rs", &function(70))).is_empty());
        assert_eq!(long_functions(&Source::new("src/time.rs", &function(71))).len(), 1);
    }

    #[test]
    fn declarations_and_function_types_have_no_length() {
        let text = format!("trait T {{ fn f(&self);\n{} }} struct S {{ f: fn(u8) -> u8, }}", "\n".repeat(99));
        assert!(long_functions(&Source::new("src/time.rs", &text)).is_empty());
    }

    #[test]
    fn a_generic_function_with_a_closure_type_is_measured() {
        let text = format!("fn f<F>(f: F) where F: Fn(u8) -> u8 {{{}}}", "\n".repeat(99));
        assert_eq!(long_functions(&Source::new("src/time.rs", &text)).len(), 1);
    }

    #[test]
    fn a_file_of_501_lines_is_found_unless_it_is_a_table() {
        let long = "x\n".repeat(501);
        assert_eq!(too_long_file(&Source::new("src/sim/world.rs", &long)).len(), 1);
        assert!(too_long_file(&Source::new("src/kafka/config/tables/broker.rs", &long)).is_empty());
        assert!(too_long_file(&Source::new("src/sim/world.rs", &"x\n".repeat(500))).is_empty());
        assert!(long_file(&Source::new("src/sim/world.rs", &"x\n".repeat(401))).is_some());
        assert!(long_file(&Source::new("src/sim/world.rs", &"x\n".repeat(400))).is_none());
    }
}
