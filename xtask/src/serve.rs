//! `cargo xtask serve`: the page on this machine, rebuilt whenever a file changes. Needs rustup and nothing else.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::outcome::{Failure, Outcome};
use crate::progress::{run_quietly, say};
use crate::project::{self, WASM_TARGET};
use crate::tools;

const DEFAULT_PORT: u16 = 8080;
/// Without `--port` the next free one is taken, among this many.
const PORTS_TO_TRY: u16 = 20;
/// The task that `serve` starts beside the server; not for people.
pub const ANNOUNCE: &str = "announce-page";
/// Folders whose changes do not concern the page.
const NOT_WATCHED: &[&str] = &[".ci", ".git", "dist", "docs", "node_modules", "target", "tests", "xtask"];

pub struct Options {
    port: Option<u16>,
    open: bool,
}

impl Options {
    pub fn parse(args: &[String]) -> Outcome<Options> {
        let usage = "cargo xtask serve [--port N] [--no-open]";
        let mut options = Options { port: None, open: true };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let (name, joined) = word.split_once('=').map_or((word.as_str(), None), |(n, v)| (n, Some(v.to_string())));
            match name {
                "--no-open" => options.open = false,
                "--port" => {
                    let value = joined.or_else(|| words.next().cloned()).unwrap_or_default();
                    let port = value.parse().ok().filter(|port| *port != 0);
                    let wrong = || Failure::new(format!("`{value}` is not a port: a number from 1 to 65535"), usage);
                    options.port = Some(port.ok_or_else(wrong)?);
                }
                _ => return Err(Failure::new(format!("`serve` does not know `{word}`"), usage)),
            }
        }
        Ok(options)
    }
}

pub fn run(options: &Options) -> Outcome<()> {
    let port = free_port(options.port)?;
    let toolbox = tools::for_the_page()?;
    let mut build = project::cargo();
    build.args(["build", "--locked", "--bin", "highwater", "--target", WASM_TARGET]);
    let remedy = "mend what the compiler names above, then run the same command again";
    run_quietly("compiling Highwater for the browser", &mut build, remedy)?;

    say(format!("putting the page together and serving it on 127.0.0.1:{port}"));
    let mut serve = toolbox.trunk_command(&[])?;
    serve.args(["serve", "--address", "127.0.0.1", "--port", &port.to_string()]);
    // Beside `dist/`, so that a site built by `cargo xtask dist` stays as it is.
    serve.arg("--dist").arg(project::root().join("target").join("serve"));
    for folder in NOT_WATCHED.iter().map(|name| project::root().join(name)).filter(|folder| folder.exists()) {
        serve.arg("--ignore").arg(folder);
    }
    create_dir(&project::root().join("target").join("serve"))?;
    let mut announcer = announcer(port, options.open)?;
    let outcome = become_server(&mut serve);
    // Reached only if there was no server, or it has ended.
    let _ = announcer.kill();
    outcome
}

/// A process of its own that tells where the page is as soon as it answers, and then ends.
fn announcer(port: u16, open: bool) -> Outcome<Child> {
    let failure = |error: std::io::Error| Failure::new(format!("xtask did not start itself: {error}"), "run it again");
    let mut command = Command::new(std::env::current_exe().map_err(failure)?);
    command.arg(ANNOUNCE).arg(port.to_string()).arg(if open { "open" } else { "tell" });
    command.stdin(Stdio::null()).spawn().map_err(failure)
}

/// On Unix this process becomes Trunk, so that whoever ends it ends the server.
#[cfg(unix)]
fn become_server(serve: &mut Command) -> Outcome<()> {
    use std::os::unix::process::CommandExt;
    let error = serve.stdin(Stdio::null()).exec();
    Err(Failure::new(
        format!("{} did not start: {error}", serve.get_program().display()),
        "remove the folder it is in and run the same command again",
    ))
}

#[cfg(not(unix))]
fn become_server(serve: &mut Command) -> Outcome<()> {
    let remedy = "mend what it names above, then run the same command again";
    let status = serve.stdin(Stdio::null()).status();
    let status = status.map_err(|error| Failure::new(format!("Trunk did not start: {error}"), remedy))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("Trunk ended ({status})"), remedy)) }
}

fn create_dir(folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(format!("{} cannot be made: {error}", folder.display()), "look at the owner of that folder")
    })
}

/// The port that was asked for, or the first free one from 8080 on.
fn free_port(asked: Option<u16>) -> Outcome<u16> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if let Some(port) = asked {
        let taken = || {
            Failure::new(
                format!("port {port} of 127.0.0.1 is in use (or not allowed)"),
                "end what uses it, or choose another: cargo xtask serve --port N",
            )
        };
        return if free(port) { Ok(port) } else { Err(taken()) };
    }
    let port = (DEFAULT_PORT..DEFAULT_PORT + PORTS_TO_TRY).find(|port| free(*port)).ok_or_else(|| {
        Failure::new(
            format!("ports {DEFAULT_PORT} to {} are all in use", DEFAULT_PORT + PORTS_TO_TRY - 1),
            "choose another: cargo xtask serve --port N",
        )
    })?;
    if port != DEFAULT_PORT {
        say(format!("port {DEFAULT_PORT} is in use, so this is {port}"));
    }
    Ok(port)
}

/// Waits until the page answers, says where it is, and opens it where there is a screen to open it on. Gives up with
/// the server.
pub fn announce(args: &[String]) -> Outcome<()> {
    let [port, how] = args else { return Err(Failure::new("nothing to announce", "cargo xtask serve")) };
    let wrong = |_| Failure::new(format!("`{port}` is not a port"), "cargo xtask serve");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().map_err(wrong)?));
    let server = parent();
    while !answers(address) {
        if parent() != server {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let url = format!("http://{address}/");
    let opened = how == "open" && has_screen() && open_browser(&url);
    let how = if opened { "opened in the browser" } else { "open it in a browser" };
    println!("\n  Highwater is at {url} ({how}; Ctrl-C ends it, a saved file rebuilds it)\n");
    Ok(())
}

/// The process that serves; another one once that has ended.
fn parent() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}

/// Whether the address serves the page: HTTP status 200 for `/`.
fn answers(address: SocketAddr) -> bool {
    let wait = Duration::from_secs(2);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, wait) else { return false };
    let _ = stream.set_read_timeout(Some(wait));
    let mut status = [0; 12];
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut status).is_ok()
        && status.ends_with(b" 200")
}

fn has_screen() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("SSH_CONNECTION") && (cfg!(any(target_os = "macos", windows)) || set("DISPLAY") || set("WAYLAND_DISPLAY"))
}

fn open_browser(url: &str) -> bool {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else {
        Command::new("xdg-open")
    };
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Options> {
        Options::parse(&line.split_whitespace().map(str::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_a_port_and_no_open() {
        let options = parse("--port 9000 --no-open").expect("both are options");
        assert_eq!((options.port, options.open), (Some(9000), false));
        assert_eq!(parse("--port=81").expect("joined").port, Some(81));
        assert!(parse("").expect("none is fine").open);
    }

    #[test]
    fn a_bad_port_and_an_unknown_word_are_refused() {
        for line in ["--port", "--port 0", "--port 70000", "--port x", "--open"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_port_in_use_is_refused_by_number() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let failure = free_port(Some(port)).expect_err("the listener holds it");
        assert!(failure.what.contains(&port.to_string()));
    }
}
