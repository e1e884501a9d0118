//! `cargo xtask screenshot`: the picture of README.md, taken of the page in `dist/` in a headless Chromium.

use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::Session;
use crate::{browser, journeys, project};

const PICTURE: &str = "docs/screenshot.png";
/// What is done before the picture is taken.
const SCENE: &str = include_str!("../../tests/journeys/prelude/screenshot.js");

pub fn run() -> Outcome<()> {
    let site = project::root().join("dist");
    if !site.join("index.html").is_file() {
        return Err(Failure::new("there is no site in dist/", "cargo xtask dist"));
    }
    let host = Host::open(&site)?;
    let session = Session::open(&browser::get()?)?;
    session.resize(1440, 900)?;
    session.go(&host.address)?;
    let said = session.run(&journeys::whole(SCENE))?;
    if said != "ok" {
        let remedy = "mend tests/journeys/prelude/screenshot.js; `cargo xtask serve` shows the page";
        return Err(Failure::new(format!("the scene of the picture: {said}"), remedy));
    }
    let path = project::root().join(PICTURE);
    std::fs::write(&path, session.screenshot()?)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display()), "look at the owner of that folder"))?;
    say(format!("{PICTURE} shows the page as it is now"));
    Ok(())
}
