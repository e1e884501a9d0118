//! Pages of the documentation on the page: what is simplified, and the licence. They come as files, in English, and are
//! read into blocks: as much of Markdown as `docs/fidelity.md` uses.

/// A page of the documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paper {
    /// `docs/fidelity.md`.
    Simplified,
    Licence,
}

impl Paper {
    /// By its place in the address.
    pub fn named(name: &str) -> Option<Paper> {
        [Paper::Simplified, Paper::Licence].into_iter().find(|paper| paper.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Paper::Simplified => "simplified",
            Paper::Licence => "licence",
        }
    }

    /// Its files, by their paths from the page, in the order in which they are read.
    fn files(self) -> &'static [&'static str] {
        match self {
            Paper::Simplified => &["fidelity.md"],
            Paper::Licence => &["NOTICE", "LICENSE-MIT", "LICENSE-APACHE"],
        }
    }
}

/// A page that is being read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    pub paper: Paper,
    /// Empty until all of it is here.
    pub blocks: Vec<Block>,
    /// Why it is not here.
    pub missing: Option<String>,
    come: Vec<Option<String>>,
}

impl Reading {
    pub fn of(paper: Paper) -> Reading {
        Reading { paper, blocks: Vec::new(), missing: None, come: vec![None; paper.files().len()] }
    }

    /// What is to be fetched.
    pub fn awaited(&self) -> impl Iterator<Item = &'static str> {
        self.paper.files().iter().copied()
    }

    /// A file is here, or cannot be had.
    pub fn came(&mut self, path: &str, text: &Result<String, String>) {
        let Some(index) = self.paper.files().iter().position(|file| *file == path) else { return };
        match text {
            Ok(text) => self.come[index] = Some(text.clone()),
            Err(why) => self.missing = Some(why.clone()),
        }
        let Some(whole) = self.come.iter().cloned().collect::<Option<Vec<String>>>() else { return };
        self.missing = None;
        self.blocks = match self.paper {
            Paper::Simplified => blocks(&whole.concat()),
            Paper::Licence => whole.into_iter().map(Block::Code).collect(),
        };
    }
}

/// One block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// With its level, from 1.
    Heading(u32, Vec<Span>),
    Paragraph(Vec<Span>),
    /// Lines of code.
    Code(String),
    List(Vec<Vec<Span>>),
    /// The head and the rows.
    Table(Vec<Vec<Span>>, Vec<Vec<Vec<Span>>>),
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Span {
    Text(String),
    Code(String),
}

/// Reads a page.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if line.trim().is_empty() {
            continue;
        } else if level > 0 && line[level..].starts_with(' ') {
            found.push(Block::Heading(level as u32, spans(&line[level..])));
        } else if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            found.push(Block::Code(code.join("\n")));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            let is_rule = |row: &Vec<Vec<Span>>| {
                row.iter()
                    .flatten()
                    .all(|span| matches!(span, Span::Text(text) if text.bytes().all(|byte| b"-: ".contains(&byte))))
            };
            let head = rows.remove(0);
            rows.retain(|row| !is_rule(row));
            found.push(Block::Table(head, rows));
        } else if let Some(first) = line.strip_prefix("- ") {
            let mut items = vec![first.to_owned()];
            while let Some(more) = lines.next_if(|line| line.starts_with("- ") || line.starts_with("  ")) {
                match (more.strip_prefix("- "), items.last_mut()) {
                    (Some(item), _) => items.push(item.to_owned()),
                    (None, Some(item)) => item.push_str(&format!(" {}", more.trim())),
                    (None, None) => {}
                }
            }
            found.push(Block::List(items.iter().map(|item| spans(item)).collect()));
        } else {
            let mut text = line.trim().to_owned();
            while let Some(more) =
                lines.next_if(|line| !line.trim().is_empty() && !line.starts_with(['#', '|', '`', '-']))
            {
                text.push(' ');
                text.push_str(more.trim());
            }
            found.push(Block::Paragraph(spans(&text)));
        }
    }
    found
}

fn cells(row: &str) -> Vec<Vec<Span>> {
    // A bar inside code does not end a cell.
    let mut cells = vec![String::new()];
    let mut code = false;
    for letter in row.trim().trim_start_matches('|').trim_end_matches('|').chars() {
        code ^= letter == '`';
        match cells.last_mut() {
            Some(_) if letter == '|' && !code => cells.push(String::new()),
            Some(cell) => cell.push(letter),
            None => {}
        }
    }
    cells.iter().map(|cell| spans(cell)).collect()
}

/// Text and code in turn; of a link its words, of emphasis the text.
fn spans(text: &str) -> Vec<Span> {
    let pieces = text.trim().split('`').enumerate();
    let read = pieces.map(|(index, piece)| match index % 2 {
        0 => Span::Text(words(piece)),
        _ => Span::Code(piece.to_owned()),
    });
    read.filter(|span| !matches!(span, Span::Text(text) if text.is_empty())).collect()
}

fn words(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let end = rest[open + middle..].find(')')?;
            Some((&rest[open + 1..open + middle], open + middle + end + 1))
        });
        let Some((label, end)) = link else { break };
        plain.push_str(&rest[..open]);
        plain.push_str(label);
        rest = &rest[end..];
    }
    plain.push_str(rest);
    plain.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_on_fidelity_is_read_whole() {
        let text = include_str!("../../docs/fidelity.md");
        let blocks = blocks(text);
        assert!(matches!(&blocks[0], Block::Heading(1, title) if title == &[Span::Text("Fidelity".into())]));
        let tables = blocks
            .iter()
            .filter(|block| matches!(block, Block::Table(head, rows) if head.len() >= 2 && rows.len() >= 3));
        assert!(tables.count() >= 3);
        let rows = |block: &Block| match block {
            Block::Table(_, rows) => rows.iter().map(Vec::len).collect(),
            _ => Vec::new(),
        };
        for block in &blocks {
            let Block::Table(head, _) = block else { continue };
            assert!(rows(block).iter().all(|cells: &usize| *cells == head.len()), "{block:?}");
        }
        let shown = format!("{blocks:?}");
        assert!(!shown.contains("]("), "no half of a link is shown");
    }

    #[test]
    fn every_kind_of_block_is_told_apart() {
        let read = blocks(
            "## A `b`\n\none\ntwo [three](x.md) **four**\n\n- a\n  b\n- c\n\n```\nx | y\n```\n| h | i |\n|---|---|\n| `a|b` | c |\n",
        );
        let text = |text: &str| Span::Text(text.into());
        assert_eq!(
            read,
            [
                Block::Heading(2, vec![text("A "), Span::Code("b".into())]),
                Block::Paragraph(vec![text("one two three four")]),
                Block::List(vec![vec![text("a b")], vec![text("c")]]),
                Block::Code("x | y".into()),
                Block::Table(
                    vec![vec![text("h")], vec![text("i")]],
                    vec![vec![vec![Span::Code("a|b".into())], vec![text("c")]]]
                ),
            ]
        );
    }

    #[test]
    fn text_that_is_no_markdown_does_no_harm() {
        for text in ["", "|", "```", "- ", "#", "[", "[a](", "`", "|`|\n|x", "**"] {
            let _ = blocks(text);
        }
    }
}
