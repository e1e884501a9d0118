//! The dialect of argparse4j (kafka-features, kafka-cluster, kafka-transactions, kafka-metadata-quorum,
//! kafka-producer-perf-test): subcommands, `usage: ..` before an error, `TOOL: error: ..`. Only its frame is here; the
//! tools that speak it arrive with their capability.

use super::Table;

/// A usage error of argparse4j: the usage line and the sentence, as it prints them on standard error (status 1).
pub fn usage_error(table: &Table, sentence: &str) -> String {
    let short = table.options.iter().map(|option| format!("[--{}]", option.name)).collect::<Vec<_>>().join(" ");
    format!("usage: {} [-h] {short}\n{}: error: {sentence}\n", table.tool, table.tool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::options::OptionSpec;

    #[test]
    fn a_usage_error_names_the_tool_twice() {
        const OPTIONS: &[OptionSpec] = &[OptionSpec::flag("unregister", "")];
        let table = Table { tool: "kafka-cluster", about: "", options: OPTIONS };
        assert_eq!(
            usage_error(&table, "too few arguments"),
            "usage: kafka-cluster [-h] [--unregister]\nkafka-cluster: error: too few arguments\n"
        );
    }
}
