//! Cases that cannot apply: every reason stands in docs/fidelity.md.

use std::collections::BTreeSet;

/// The page has a row `| file | reason |` for each reason; of the committed cases it has no other rows.
pub fn assert_told(file: &str, reasons: &BTreeSet<&str>, whole: bool) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fidelity.md");
    let page = std::fs::read_to_string(page).expect("the page is committed");
    let told = told(&page, file);
    let untold: Vec<_> = reasons.difference(&told).collect();
    assert!(untold.is_empty(), "docs/fidelity.md does not tell why cases of {file} are listed: {untold:?}");
    let stale: Vec<_> = told.difference(reasons).filter(|_| whole).collect();
    assert!(stale.is_empty(), "docs/fidelity.md tells of cases of {file} that are not listed: {stale:?}");
}

/// The reasons that the page has for a file, below the heading of listed cases.
fn told<'a>(page: &'a str, file: &str) -> BTreeSet<&'a str> {
    let (_, section) = page.split_once("\n## Listed cases\n").expect("the page has the section");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let row = format!("| `{file}` | ");
    section.lines().filter_map(|line| line.strip_prefix(&row)?.strip_suffix(" |")).collect()
}

#[test]
fn cases_listed_are_read_from_their_section_of_the_page() {
    let page = "| `a.json` | not here |\n\n## Listed cases\n\n| `a.json` | one |\n| `b.json` | other |\n\n## More\n\n\
                | `a.json` | not here |\n";
    assert_eq!(told(page, "a.json"), BTreeSet::from(["one"]));
    assert_eq!(told(page, "c.json"), BTreeSet::new());
}

#[test]
#[should_panic(expected = "does not tell why")]
fn cases_listed_for_an_untold_reason_are_found() {
    assert_told("apis.json", &BTreeSet::from(["a reason that the page does not have"]), false);
}
