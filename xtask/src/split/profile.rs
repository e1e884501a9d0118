//! Which functions a first visit enters: the finished page runs with probes in a headless Chromium, through the
//! journeys of `tests/journeys/first`.

use std::path::Path;

use super::module::Module;
use super::page::{Page, html_without_checks, unreadable};
use super::probe::{self, Probed};
use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::Session;
use crate::{browser, journeys, project};

/// What follows every journey: a page that is left to itself for a while does all that it does from time to time.
const LINGER: &str = "await new Promise((go) => setTimeout(go, 6000));";

/// How often all journeys are taken: a frame may fall between two changes in one round and behind both in another.
const ROUNDS: usize = 2;

/// For each function, which of its straight pieces any of the journeys enters; the first is its beginning.
pub fn entered(site: &Path, page: &Page, module: &Module) -> Outcome<Vec<Vec<bool>>> {
    let folder = project::target().join("probed-site");
    let probed = Probed::of(module)?;
    let probes: usize = probed.counts.iter().sum();
    copy_with_probes(site, &folder, page, &probed)?;
    let browser = browser::get()?;
    let host = Host::open(&folder)?;
    let session = Session::open(&browser)?;
    let mut entered = vec![false; probes];
    let visits = journeys::first_visits()?;
    for (name, script) in (0..ROUNDS).flat_map(|_| &visits) {
        session.go(&format!("{}?journey={name}", host.address))?;
        let said = session.run(&format!("{}\n{LINGER}", journeys::whole(script)))?;
        if said != "ok" {
            return Err(Failure::new(
                format!("the journey {name}, which says what a first visit needs, failed: {said}"),
                "mend the page or tests/journeys/first; `cargo xtask serve` shows the page",
            ));
        }
        let found = session.value(&format!(
            "return new Uint8Array(window.probed['{}'].buffer, {}, {probes}).join('')",
            probe::MEMORY,
            probed.base
        ))?;
        if found.len() != probes {
            return Err(Failure::new(format!("the page with probes answers {found}"), "run the same command again"));
        }
        let before = entered.iter().filter(|entered| **entered).count();
        entered.iter_mut().zip(found.bytes()).for_each(|(entered, byte)| *entered |= byte == b'1');
        let now = entered.iter().filter(|entered| **entered).count();
        say(format!("journey {name} enters {} more of {probes} pieces of code", now - before));
    }
    Ok(probed.by_function(&entered))
}

fn copy_with_probes(site: &Path, folder: &Path, page: &Page, probed: &Probed) -> Outcome<()> {
    let done = || -> std::io::Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        copy_folder(site, folder)
    };
    done().map_err(|error| unreadable(folder, &error))?;
    let wasm = folder.join(&page.wasm);
    std::fs::write(&wasm, probed.module.write()).map_err(|error| unreadable(&wasm, &error))?;
    let index = folder.join("index.html");
    let listener = "<script>addEventListener('TrunkApplicationStarted', (event) => { window.probed = event.detail.wasm; \
                    });</script></head>";
    let html = html_without_checks(&page.html, &[]).replace("</head>", listener);
    std::fs::write(&index, html).map_err(|error| unreadable(&index, &error))
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
