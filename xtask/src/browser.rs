//! A Chromium and the driver that fits it, for tests.

use std::path::{Path, PathBuf};

use crate::outcome::{Failure, Outcome};
use crate::platform::{apt_install, can_apt, is_debian, major_version, on_path, version_line};
use crate::progress::say;
use crate::project;

pub struct Browser {
    pub chrome: PathBuf,
    pub driver: PathBuf,
}

const CHROMES: &[&str] = &["chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome"];
const MACOS_CHROMES: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Finds both (`CHROME` and `CHROMEDRIVER`, then PATH), installs them on Debian as root, or says what to install.
pub fn get() -> Outcome<Browser> {
    let browser = match (find_chrome()?, find_driver()?) {
        (Some(chrome), Some(driver)) => Browser { chrome, driver },
        (chrome, driver) if !can_apt() => return Err(missing(chrome.is_some(), driver.is_some())),
        _ => {
            apt_install(&["chromium", "chromium-driver"])?;
            let (chrome, driver) = (find_chrome()?, find_driver()?);
            chrome
                .zip(driver)
                .map(|(chrome, driver)| Browser { chrome, driver })
                .ok_or_else(|| missing(false, false))?
        }
    };
    let versions = (version_line(&browser.chrome), version_line(&browser.driver));
    let (Some(chrome), Some(driver)) = versions else {
        return Err(missing(versions.0.is_some(), versions.1.is_some()));
    };
    if major_version(&chrome) != major_version(&driver) {
        return Err(Failure::new(
            format!("the driver does not fit the browser: {chrome}, {driver}"),
            "install both from one source, or name a pair that fits in CHROME and CHROMEDRIVER",
        ));
    }
    say(format!("{chrome} with its driver"));
    Ok(browser)
}

/// A variable that names a program which does not start is a mistake to be told, not to be passed over.
fn from_variable(name: &str) -> Outcome<Option<PathBuf>> {
    let Some(path) = std::env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let path = PathBuf::from(path);
    if version_line(&path).is_some() {
        return Ok(Some(path));
    }
    Err(Failure::new(
        format!("{name} names {}, which does not answer `--version`", path.display()),
        format!("correct {name} or unset it"),
    ))
}

fn find_chrome() -> Outcome<Option<PathBuf>> {
    if let Some(path) = from_variable("CHROME")? {
        return Ok(Some(path));
    }
    let from_path = CHROMES.iter().filter_map(|name| on_path(name));
    let on_macos = MACOS_CHROMES.iter().map(PathBuf::from).filter(|path| path.is_file());
    // Ubuntu's chromium-browser only says that a snap is wanted: what does not tell a version is no browser.
    Ok(from_path.chain(on_macos).find(|path| version_line(path).as_deref().and_then(major_version).is_some()))
}

fn find_driver() -> Outcome<Option<PathBuf>> {
    let from_path = || on_path("chromedriver").filter(|path| version_line(path).is_some());
    Ok(from_variable("CHROMEDRIVER")?.or_else(from_path))
}

fn missing(chrome: bool, driver: bool) -> Failure {
    let what = match (chrome, driver) {
        (true, false) => "there is a Chrome or Chromium, but not its driver (chromedriver)",
        (false, true) => "there is a chromedriver, but no Chrome or Chromium",
        _ => "there is no Chrome or Chromium with its driver for the browser tests",
    };
    let how = if is_debian() {
        "as root: apt-get install chromium chromium-driver"
    } else if cfg!(target_os = "macos") {
        "brew install --cask google-chrome chromedriver"
    } else {
        "install Chrome and the chromedriver of the same version (https://googlechromelabs.github.io/chrome-for-testing/; \
         Ubuntu's own chromium package is a snap that drivers cannot start)"
    };
    Failure::new(
        what,
        format!(
            "{how}; then run the same command again.\nCHROME and CHROMEDRIVER name them where they are not on PATH; \
             `cargo xtask test --native` runs all that needs no browser"
        ),
    )
}

/// Writes the capabilities that wasm-bindgen's runner passes to the driver: which browser to start, and to keep it
/// from talking to anyone but the test page.
pub fn write_capabilities(browser: &Browser) -> Outcome<PathBuf> {
    let folder = project::root().join("target");
    let path = folder.join("webdriver.json");
    let written =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, capabilities(&browser.chrome, &[])));
    written.map_err(|error| {
        Failure::new(format!("{} cannot be written: {error}", path.display()), "look at the owner of that folder")
    })?;
    Ok(path)
}

/// The browser to start, with what keeps it from talking to anyone but the page, and with `more` flags.
pub fn capabilities(chrome: &Path, more: &[&str]) -> String {
    const FLAGS: &[&str] = &[
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--window-size=1440,900",
    ];
    let flags: Vec<String> = FLAGS.iter().chain(more).map(|flag| format!("\"{flag}\"")).collect();
    let chrome = chrome.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!("{{\"goog:chromeOptions\": {{\"binary\": \"{chrome}\", \"args\": [{}]}}}}\n", flags.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_quotes_and_backslashes_stays_json() {
        let text = capabilities(Path::new("C:\\Chrome \"beta\"\\chrome.exe"), &[]);
        assert!(text.contains(r#""binary": "C:\\Chrome \"beta\"\\chrome.exe""#), "{text}");
    }

    #[test]
    fn what_is_missing_is_named_with_a_way_on() {
        let failure = missing(true, false);
        assert!(failure.what.contains("not its driver"));
        assert!(failure.remedy.contains("CHROMEDRIVER"));
    }
}
