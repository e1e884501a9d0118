//! What a task ends with: done, or what went wrong together with what to do about it.

use std::fmt;

pub type Outcome<T> = Result<T, Failure>;

/// A failure always names its remedy; a task that cannot say what to do next is not finished.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    pub remedy: String,
}

impl Failure {
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Failure { what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed: {}\nwhat to do: {}", self.what, self.remedy.replace('\n', "\n            "))
    }
}

/// Reads the last lines of a failed program and says what helps, or `otherwise` if nothing in them is known.
pub fn remedy_for(output: &str, otherwise: &str) -> String {
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["No space left on device", "os error 28"],
            "the disk is full: free some space (about 3 GB are needed), then run the same command again",
        ),
        (
            &["linker `cc` not found", "linker `link.exe` not found"],
            "Rust needs a C linker: `apt-get install build-essential` on Debian and Ubuntu, `xcode-select --install` on \
             macOS, the Visual Studio Build Tools on Windows; then run the same command again",
        ),
        (
            &[
                "Could not resolve host",
                "failed to download",
                "download of",
                "spurious network error",
                "error sending request",
                "Temporary failure",
                "ENOTFOUND",
                "EAI_AGAIN",
                "Unable to locate package",
                "ECONNREFUSED",
                "could not download",
            ],
            "the network did not answer: check it (and HTTPS_PROXY, if you need one), then run the same command again; \
             what is already fetched and built is kept",
        ),
        (
            &["Permission denied", "EACCES"],
            "a folder cannot be written: look at its owner; XDG_CACHE_HOME moves the tools' folder, CARGO_TARGET_DIR \
             the build's",
        ),
    ];
    for (signs, remedy) in KNOWN {
        if signs.iter().any(|sign| output.contains(sign)) {
            return (*remedy).to_string();
        }
    }
    otherwise.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_prints_what_and_the_remedy() {
        let text = Failure::new("port 8080 is taken", "use --port\nor stop it").to_string();
        assert_eq!(text, "failed: port 8080 is taken\nwhat to do: use --port\n            or stop it");
    }

    #[test]
    fn known_output_names_its_remedy() {
        assert!(remedy_for("error: linker `cc` not found", "x").contains("build-essential"));
        assert!(remedy_for("write error: No space left on device", "x").contains("disk is full"));
        assert_eq!(remedy_for("error[E0308]: mismatched types", "mend it"), "mend it");
    }
}
