//! Which functions a first visit enters: the finished page runs with probes in a headless Chromium, through the
//! journeys of `tests/journeys/first`.

use std::collections::BTreeSet;
use std::path::Path;

use super::module::Module;
use super::page::{Page, html_without_checks, unreadable};
use super::probe;
use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::Session;
use crate::{browser, journeys, project};

/// The numbers of the defined functions that any of the journeys enters.
pub fn entered(site: &Path, page: &Page, module: &Module) -> Outcome<BTreeSet<u32>> {
    let probed = project::target().join("probed-site");
    copy_with_probes(site, &probed, page, module)?;
    let browser = browser::get()?;
    let host = Host::open(&probed)?;
    let session = Session::open(&browser)?;
    let mut entered = BTreeSet::new();
    for (name, script) in journeys::first_visits()? {
        session.go(&format!("{}?journey={name}", host.address))?;
        let said = session.run(&journeys::whole(&script))?;
        if said != "ok" {
            return Err(Failure::new(
                format!("the journey {name}, which says what a first visit needs, failed: {said}"),
                "mend the page or tests/journeys/first; `cargo xtask serve` shows the page",
            ));
        }
        let found = session.value(&format!(
            "return Object.entries(window.probed).filter(([name, probe]) => name.startsWith('{0}') && probe.value)\
             .map(([name]) => name.slice({1})).join(' ')",
            probe::PREFIX,
            probe::PREFIX.len()
        ))?;
        let before = entered.len();
        entered.extend(found.split(' ').filter_map(|number| number.parse::<u32>().ok()));
        say(format!("journey {name} enters {} more functions", entered.len() - before));
    }
    Ok(entered)
}

fn copy_with_probes(site: &Path, probed: &Path, page: &Page, module: &Module) -> Outcome<()> {
    let done = || -> std::io::Result<()> {
        if probed.exists() {
            std::fs::remove_dir_all(probed)?;
        }
        copy_folder(site, probed)
    };
    done().map_err(|error| unreadable(probed, &error))?;
    let wasm = probed.join(&page.wasm);
    std::fs::write(&wasm, probe::with_probes(module)?.write()).map_err(|error| unreadable(&wasm, &error))?;
    let index = probed.join("index.html");
    let listener = "<script>addEventListener('TrunkApplicationStarted', (event) => { window.probed = event.detail.wasm; });</script></head>";
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
