//! Relative links of the Markdown pages.

use super::Complaint;
use std::path::Path;

/// Links of one page that lead to no file, or to no heading of it.
pub fn dead(root: &Path, page: &Path) -> Vec<Complaint> {
    let text = std::fs::read_to_string(root.join(page)).expect("a page is UTF-8");
    let folder = root.join(page).parent().expect("a page stands in a folder").to_path_buf();
    let mut complaints = Vec::new();
    for (line, target) in links(&text) {
        let (file, heading) = target.split_once('#').map_or((target.as_str(), None), |(f, h)| (f, Some(h)));
        let path = if file.is_empty() { root.join(page) } else { folder.join(file) };
        let complain = |what: &str| format!("{}:{line}: `{target}` {what}", page.display());
        if !path.exists() {
            complaints.push(complain("leads to no file"));
        } else if let Some(heading) = heading.filter(|_| path.extension().is_some_and(|kind| kind == "md")) {
            let there = std::fs::read_to_string(&path).expect("a page is UTF-8");
            if !headings(&there).iter().any(|known| known == heading) {
                complaints.push(complain("leads to no heading"));
            }
        }
    }
    complaints
}

/// Lines outside code blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            return None;
        }
        (!in_code).then_some((number + 1, line))
    })
}

/// Targets of `[text](target)` that are no addresses on the web.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for part in line.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default().split(' ').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push((number, target.to_string()));
            }
        }
    }
    found
}

/// Anchors of a page's headings, as code hosts make them: lower case, blanks to dashes, other signs dropped.
fn headings(text: &str) -> Vec<String> {
    let anchor = |title: &str| {
        let kept = title.trim().to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
    };
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| anchor(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn a_link_to_nowhere_is_found() {
    let folder = std::env::temp_dir().join(format!("highwater-links-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let text =
        "# A title\n[a](there.md) [b](#a-title) [c](https://x.y/z)\n[d](gone.md) [e](#no-title)\n```\n[f](g)\n```\n";
    std::fs::write(folder.join("page.md"), text).expect("the temporary folder can be written");
    std::fs::write(folder.join("there.md"), "").expect("the temporary folder can be written");
    let complaints = dead(&folder, Path::new("page.md"));
    std::fs::remove_dir_all(&folder).expect("it was just written");
    assert_eq!(complaints, ["page.md:3: `gone.md` leads to no file", "page.md:3: `#no-title` leads to no heading"]);
}
