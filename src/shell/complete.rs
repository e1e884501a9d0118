//! Completion: the words that can stand where the cursor is.

use super::session::command_words;
use super::sim::verbs;
use super::tool::find;

/// Whole words that complete the one in front of `cursor` (a byte offset), sorted. `names` are the names that exist:
/// topics, clients, nodes.
pub fn complete(line: &str, cursor: u32, names: &[String]) -> Vec<String> {
    let mut cursor = (cursor as usize).min(line.len());
    while !line.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &line[..cursor];
    // Only the command that the cursor stands in counts.
    let command = before.rsplit([';', '|']).next().unwrap_or(before).trim_start();
    let mut words: Vec<&str> = command.split_whitespace().collect();
    let open =
        if command.ends_with(char::is_whitespace) || command.is_empty() { "" } else { words.pop().unwrap_or("") };
    words.retain(|word| *word != "!");
    let mut found: Vec<String> = match words.as_slice() {
        [] => command_words().map(str::to_string).collect(),
        ["sim"] => verbs::verbs().into_iter().map(str::to_string).collect(),
        ["sim", verb, ..] => options_of(verb).into_iter().chain(names.iter().cloned()).collect(),
        [tool, ..] => {
            let table = find(tool).map(|tool| tool.table.options).unwrap_or(&[]);
            let options = table.iter().map(|option| format!("--{}", option.name));
            options.chain(names.iter().cloned()).collect()
        }
    };
    found.retain(|word| word.starts_with(open) && word != open && (!open.is_empty() || !word.starts_with('-')));
    found.sort();
    found.dedup();
    found
}

/// The `--options` that the forms of a verb name.
fn options_of(verb: &str) -> Vec<String> {
    let forms = verbs::forms(verb);
    let words = forms.iter().flat_map(|form| form.usage.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')));
    words.filter(|word| word.starts_with("--")).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(line: &str) -> Vec<String> {
        complete(line, line.len() as u32, &["orders".to_string(), "shop".to_string()])
    }

    #[test]
    fn commands_verbs_options_and_names_are_completed() {
        assert_eq!(at_end("kafka-to"), ["kafka-topics"]);
        assert_eq!(at_end("sim adv"), ["advance"]);
        assert_eq!(at_end("! sim step --un"), ["--until"]);
        assert_eq!(at_end("kafka-topics --list ; kafka-topics --under-r"), ["--under-replicated-partitions"]);
        assert_eq!(at_end("sim produce shop --topic or"), ["orders"]);
        assert_eq!(complete("sim adv xx", 7, &[]), ["advance"]);
    }
}
