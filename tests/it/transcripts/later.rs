//! Which commands of a recording need what is not built yet.

use super::compare::Block;

/// Topics of one recording that stand otherwise than they would, because what should have made or changed them said
/// `not yet`: what a later command shows of them cannot be as recorded.
#[derive(Default)]
pub struct Later {
    topics: Vec<String>,
    /// Tools in the background that did not start for the same reason.
    tools: Vec<String>,
}

impl Later {
    /// Whether a command that differs needs what is not built: our output says so, or the recording shows a consumer
    /// group, its topic `__consumer_offsets`, or a topic that could not be made or changed as recorded.
    pub fn explains(&mut self, wanted: &Block, got: &Block) -> bool {
        if says_not_yet(got) {
            self.topics.extend(changed_topics(&wanted.title));
            self.tools.extend(background_name(&wanted.title));
            return true;
        }
        if self.tools.iter().any(|name| wanted.title.split_whitespace().any(|word| word == name)) {
            return true;
        }
        let printed = || wanted.stdout.iter().chain(&wanted.stderr).chain([&wanted.title]);
        let names = |topic: &String| printed().any(|line| words(line).any(|word| word == topic));
        wanted.title.contains("--group")
            || printed().any(|line| line.contains("groupId="))
            || printed().any(|line| line.contains("__consumer_offsets"))
            || self.topics.iter().any(names)
    }
}

fn says_not_yet(got: &Block) -> bool {
    got.stderr.iter().chain(&got.stdout).any(|line| line.contains("not yet: "))
}

/// The topic of a line that makes or changes one.
fn changed_topics(line: &str) -> Option<String> {
    let changes = ["--create", "--alter", "kafka-console-producer"].iter().any(|word| line.contains(word));
    let mut words = line.split_whitespace().skip_while(|word| !matches!(*word, "--topic" | "--entity-name"));
    words.nth(1).filter(|_| changes).map(str::to_string)
}

/// The name of the tool that a line starts in the background: its `client.id`, else the tool's name.
fn background_name(line: &str) -> Option<String> {
    let words = line.strip_suffix('&')?.split_whitespace();
    let given = words.clone().find_map(|word| word.strip_prefix("client.id="));
    let tool = || words.clone().find_map(|word| word.strip_prefix("kafka-"));
    given.or_else(tool).map(str::to_string)
}

/// Words that can be a topic's name; `orders-0` also counts as `orders`.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let whole = line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
    whole.flat_map(|word| [word, word.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')])
}

#[cfg(test)]
mod tests {
    use super::super::compare::blocks;
    use super::*;

    fn explains(later: &mut Later, recorded: &str, ours: &str) -> bool {
        later.explains(&blocks(recorded)[0], &blocks(ours)[0])
    }

    #[test]
    fn what_is_not_built_or_shows_a_group_is_later() {
        let plain = "$ kafka-topics --list\n> orders\n? 0\n";
        let later = &mut Later::default();
        assert!(!explains(later, plain, plain));
        assert!(explains(later, plain, "$ kafka-topics --list\n! not yet: --list\n? 1\n"));
        assert!(explains(later, "$ kafka-topics --list\n> __consumer_offsets\n? 0\n", plain));
        assert!(explains(later, "$ kafka-console-consumer --topic a --group g\n? 0\n", plain));
    }

    #[test]
    fn a_topic_that_could_not_be_made_explains_what_is_missing_of_it() {
        let later = &mut Later::default();
        let create = "$ kafka-topics --create --topic orders --replication-factor 3\n";
        let (list, log) = ("$ kafka-topics --list\n> orders\n? 0\n", "$ cat /brokers/1/orders-0/x.log\n? 0\n");
        assert!(!explains(later, list, "$ kafka-topics --list\n? 0\n"));
        assert!(explains(later, &format!("{create}? 0\n"), &format!("{create}! not yet: x\n? 1\n")));
        assert!(explains(later, list, "$ kafka-topics --list\n? 0\n"));
        assert!(explains(later, log, "$ cat /brokers/1/orders-0/x.log\n? 1\n"));
        let start = "$ kafka-console-consumer --topic a --command-property client.id=c1 &\n";
        assert!(explains(later, &format!("{start}? 0\n"), &format!("{start}! not yet: x\n? 1\n")));
        assert!(explains(later, "$ sim close c1\n? 0\n", "$ sim close c1\n? 1\n"));
        assert!(explains(later, "& c1\n? 143\n", "$ other\n? 1\n"));
        assert!(!explains(later, "& c2\n? 143\n", "$ other\n? 1\n"));
        assert!(!explains(later, "$ kafka-topics --list\n> clicks\n? 0\n", "$ kafka-topics --list\n? 0\n"));
    }
}
