//! As much of the WebDriver protocol as a journey needs: open a browser, go to an address, run a script.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::browser::{self, Browser};
use crate::outcome::{Failure, Outcome};
use crate::project;

/// How long one script may take.
const SCRIPT_LIMIT: Duration = Duration::from_secs(120);

/// A key of a keyboard, by the character that WebDriver has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(char);

impl Key {
    /// A key by its name, or a letter, digit or sign by itself.
    pub fn named(name: &str) -> Option<Key> {
        let named = match name {
            "Tab" => '\u{E004}',
            "Enter" => '\u{E007}',
            "Escape" => '\u{E00C}',
            "Space" => ' ',
            "PageUp" => '\u{E00E}',
            "PageDown" => '\u{E00F}',
            "End" => '\u{E010}',
            "Home" => '\u{E011}',
            "ArrowLeft" => '\u{E012}',
            "ArrowUp" => '\u{E013}',
            "ArrowRight" => '\u{E014}',
            "ArrowDown" => '\u{E015}',
            other => {
                let mut characters = other.chars();
                return characters.next().filter(|_| characters.next().is_none()).map(Key);
            }
        };
        Some(Key(named))
    }
}

pub struct Session {
    driver: Child,
    port: u16,
    id: String,
}

impl Session {
    /// Starts the driver and, through it, a headless browser of 1440 x 900.
    pub fn open(browser: &Browser) -> Outcome<Session> {
        let mut command = project::command(&browser.driver);
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().map_err(|error| failed(format!("the driver did not start: {error}")))?;
        let output = driver.stdout.take().expect("standard output is piped");
        let mut lines = BufReader::new(output).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_of(&line));
        let Some(port) = port else {
            return Err(failed("the driver ended without telling its port"));
        };
        // The pipe is read to its end, or the driver would wait for room in it.
        std::thread::spawn(move || lines.for_each(drop));
        let mut session = Session { driver, port, id: String::new() };
        let wanted = browser::capabilities(&browser.chrome, &["--headless=new", "--no-sandbox"]);
        let body = format!("{{\"capabilities\": {{\"alwaysMatch\": {wanted}}}}}");
        let answer = session.post("/session", &body)?;
        session.id = text_after(&answer, "\"sessionId\":").ok_or_else(|| failed(format!("no session: {answer}")))?;
        let limits = format!("{{\"script\": {}}}", SCRIPT_LIMIT.as_millis());
        session.command("timeouts", &limits)?;
        Ok(session)
    }

    pub fn go(&self, address: &str) -> Outcome<()> {
        self.command("url", &format!("{{\"url\": {}}}", quoted(address))).map(|_| ())
    }

    pub fn reload(&self) -> Outcome<()> {
        self.command("refresh", "{}").map(|_| ())
    }

    /// Presses keys one after the other, each down and up, as a keyboard would.
    pub fn press(&self, keys: &[Key]) -> Outcome<()> {
        let stroke = |key: &Key| {
            let value = quoted(&key.0.to_string());
            format!("{{\"type\": \"keyDown\", \"value\": {value}}}, {{\"type\": \"keyUp\", \"value\": {value}}}")
        };
        let strokes: Vec<String> = keys.iter().map(stroke).collect();
        let actions = format!(
            "{{\"actions\": [{{\"type\": \"key\", \"id\": \"keyboard\", \"actions\": [{}]}}]}}",
            strokes.join(", ")
        );
        self.command("actions", &actions).map(|_| ())
    }

    /// Makes the page as large as that, whatever the browser's own edges take.
    pub fn resize(&self, width: u32, height: u32) -> Outcome<()> {
        let wanted = format!(
            "{{\"cmd\": \"Emulation.setDeviceMetricsOverride\", \"params\": {{\"width\": {width}, \"height\": {height}, \
             \"deviceScaleFactor\": 1, \"mobile\": false}}}}"
        );
        self.command("goog/cdp/execute", &wanted).map(|_| ())
    }

    /// Gives the page the size of the browser's window back.
    pub fn own_size(&self) -> Outcome<()> {
        let wanted = "{\"cmd\": \"Emulation.clearDeviceMetricsOverride\", \"params\": {}}";
        self.command("goog/cdp/execute", wanted).map(|_| ())
    }

    /// The page as a PNG.
    pub fn screenshot(&self) -> Outcome<Vec<u8>> {
        let answer = self.command("goog/cdp/execute", "{\"cmd\": \"Page.captureScreenshot\", \"params\": {}}")?;
        let text = text_after(&answer, "\"data\":").ok_or_else(|| failed(format!("no picture: {answer}")))?;
        from_base64(&text).ok_or_else(|| failed("the picture is not written in base64"))
    }

    /// Runs the body of an async function; gives back `ok`, or the text of what it threw.
    pub fn run(&self, body: &str) -> Outcome<String> {
        self.value(&format!("{body}\nreturn 'ok';"))
    }

    /// Runs the body of an async function; gives back what it returns, or the text of what it threw.
    pub fn value(&self, body: &str) -> Outcome<String> {
        let script = format!(
            "const done = arguments[0];\n(async () => {{\n{body}\n}})().then((value) => done(String(value)), (error) => \
             done(String(error)));"
        );
        let answer = self.command("execute/async", &format!("{{\"script\": {}, \"args\": []}}", quoted(&script)))?;
        text_after(&answer, "\"value\":").ok_or_else(|| failed(format!("the script did not answer: {answer}")))
    }

    fn command(&self, name: &str, body: &str) -> Outcome<String> {
        self.post(&format!("/session/{}/{name}", self.id), body)
    }

    fn post(&self, path: &str, body: &str) -> Outcome<String> {
        let told = |error: std::io::Error| failed(format!("the driver does not answer: {error}"));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(told)?;
        stream.set_read_timeout(Some(SCRIPT_LIMIT + Duration::from_secs(30))).map_err(told)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).map_err(told)?;
        let (status, answer) = read_answer(BufReader::new(stream)).map_err(told)?;
        if status == 200 { Ok(answer) } else { Err(failed(format!("the driver refuses {path}: {answer}"))) }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The driver ends its browser when it is asked to end; then it goes in any case.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let head = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                self.id
            );
            if stream.write_all(head.as_bytes()).is_ok() {
                let _ended = read_answer(BufReader::new(stream));
            }
        }
        if let Err(error) = self.driver.kill() {
            eprintln!("the driver did not end: {error}");
        }
    }
}

fn failed(what: impl Into<String>) -> Failure {
    Failure::new(what, "look at `chromedriver --version` and `chromium --version`; CHROME and CHROMEDRIVER name others")
}

/// `ChromeDriver was started successfully on port 41234.`
fn port_of(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

fn read_answer(mut reader: impl BufRead) -> std::io::Result<(u32, String)> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | DIGITS.iter().position(|other| *other == digit)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The string that follows `key` in a JSON text.
fn text_after(json: &str, key: &str) -> Option<String> {
    let rest = json.split_once(key)?.1.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'u' => {
                    let code = chars.by_ref().take(4).collect::<String>();
                    text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?).unwrap_or('?'));
                }
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_through_json_and_back() {
        let text = "a \"quoted\" \\ line\nand another";
        assert_eq!(text_after(&format!("{{\"value\":{}}}", quoted(text)), "\"value\":").as_deref(), Some(text));
        assert_eq!(text_after("{\"value\":null}", "\"value\":"), None);
        assert_eq!(port_of("ChromeDriver was started successfully on port 4123."), Some(4123));
    }

    #[test]
    fn base64_is_read_with_and_without_its_end() {
        assert_eq!(from_base64("UE5HIQ==").as_deref(), Some(b"PNG!".as_slice()));
        assert_eq!(from_base64("UE5H").as_deref(), Some(b"PNG".as_slice()));
        assert_eq!(from_base64("U E"), None);
    }

    #[test]
    fn an_answer_is_its_status_and_body() {
        let text = "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno";
        assert_eq!(read_answer(text.as_bytes()).expect("memory does not fail"), (404, "no".to_string()));
    }
}
