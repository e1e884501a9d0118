//! What this machine is, and what can be installed on it without asking.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::outcome::{Failure, Outcome};
use crate::progress::run_quietly;

/// The first file called `name` in a folder of PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// What `PROGRAM --version` prints, trimmed; None if it does not start or fails.
pub fn version_line(program: impl AsRef<std::ffi::OsStr>) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// PATH with `folders` in front.
///
/// # Errors
/// No PATH can name a folder whose own name holds the separator of PATH.
pub fn path_with(folders: &[&Path]) -> Outcome<std::ffi::OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().map(|folder| folder.to_path_buf()).chain(std::env::split_paths(&old));
    std::env::join_paths(all).map_err(|_| {
        let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Failure::new(
            format!("PATH cannot name a folder with its separator inside: {}", names.join(", ")),
            "move the checkout, or let XDG_CACHE_HOME name another folder",
        )
    })
}

/// Debian itself, where `chromium` and `nodejs` are real packages. On Ubuntu `chromium` only points at a snap.
pub fn is_debian() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| names_debian(&text))
}

fn names_debian(os_release: &str) -> bool {
    os_release.lines().any(|line| matches!(line.trim(), "ID=debian" | "ID=\"debian\""))
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether `apt_install` may be tried: Debian, as root.
pub fn can_apt() -> bool {
    is_debian() && is_root()
}

pub fn apt_install(packages: &[&str]) -> Outcome<()> {
    let names = packages.join(" ");
    let remedy = format!("run `apt-get update && apt-get install {names}` by hand and read what it says");
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q"]).args(args);
        command
    };
    run_quietly("updating Debian's list of packages", &mut apt(&["update"]), &remedy)?;
    let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
    run_quietly(&format!("installing {names} from Debian's packages"), install.args(packages), &remedy)
}

/// The first number in a version line: 156 of `ChromeDriver 156.0.8078.73 (abc)`.
pub fn major_version(line: &str) -> Option<u32> {
    let word = line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    word.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_path_cannot_name_is_told() {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let name = format!("a{separator}b");
        let failure = path_with(&[Path::new(&name)]).expect_err("PATH cannot hold it");
        assert!(failure.what.contains(&name) && failure.remedy.contains("move the checkout"), "{failure}");
        assert!(path_with(&[Path::new("/plain")]).is_ok());
    }

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major_version("ChromeDriver 156.0.8078.73 (abc)"), Some(156));
        assert_eq!(major_version("Chromium 9.1 built on Debian GNU/Linux 12"), Some(9));
        assert_eq!(major_version("no version"), None);
    }

    #[test]
    fn ubuntu_is_not_debian() {
        assert!(names_debian("NAME=\"Debian\"\nID=debian\n"));
        assert!(!names_debian("ID=ubuntu\nID_LIKE=debian\n"));
    }
}
