//! A static host for `dist/`, under a path as deep as a host may put it. It keeps what was asked of it and missing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::outcome::{Failure, Outcome};

/// Where the site stands on the host.
const PREFIX: &str = "/some/where/deep/";

pub struct Host {
    pub address: String,
    missing: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// Serves `site` on a free port of this machine until the task ends.
    pub fn open(site: &Path) -> Outcome<Host> {
        let refused =
            |error| Failure::new(format!("no port can be opened: {error}"), "look at the limits of this user");
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(refused)?;
        let port = listener.local_addr().map_err(refused)?.port();
        let missing = Arc::new(Mutex::new(Vec::new()));
        let (site, kept) = (site.to_path_buf(), Arc::clone(&missing));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, kept) = (site.clone(), Arc::clone(&kept));
                std::thread::spawn(move || {
                    if let Some(path) = answer(stream, &site) {
                        kept.lock().expect("no thread panics while it holds this").push(path);
                    }
                });
            }
        });
        Ok(Host { address: format!("http://127.0.0.1:{port}{PREFIX}"), missing })
    }

    /// The paths that were asked for and are not there.
    pub fn missing(&self) -> Vec<String> {
        self.missing.lock().expect("no thread panics while it holds this").clone()
    }
}

/// Answers one request; gives back its path if there is nothing.
fn answer(mut stream: TcpStream, site: &Path) -> Option<String> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut header = String::new();
    while reader.read_line(&mut header).ok()? > 2 {
        header.clear();
    }
    let path = first.split(' ').nth(1)?.to_string();
    let found = file_of(site, &path).and_then(|file| Some((kind(&file), std::fs::read(file).ok()?)));
    let (status, kind, body) = match &found {
        Some((kind, body)) => ("200 OK", *kind, body.as_slice()),
        None => ("404 Not Found", "text/plain", b"not found".as_slice()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A browser that closes early has its own reasons.
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    (sent.is_ok() && found.is_none()).then_some(path)
}

fn file_of(site: &Path, path: &str) -> Option<PathBuf> {
    let rest = path.split(['?', '#']).next()?.strip_prefix(PREFIX)?;
    let rest = if rest.is_empty() { "index.html" } else { rest };
    let inside = Path::new(rest).components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| site.join(rest))
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_site_are_found() {
        let site = Path::new("/site");
        assert_eq!(file_of(site, "/some/where/deep/"), Some(site.join("index.html")));
        assert_eq!(file_of(site, "/some/where/deep/a/b.js?v=1"), Some(site.join("a/b.js")));
        assert_eq!(file_of(site, "/some/where/deep/../Cargo.toml"), None);
        assert_eq!(file_of(site, "/a.js"), None, "an address from the root of the host is not the site's");
    }
}
