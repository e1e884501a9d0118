//! Addresses as text (`Utils.getHost`, `Utils.getPort`).

/// What an address is made of: `scheme://[host]:port`, where the scheme and the brackets may be missing. None when the
/// text is no address.
pub fn split_address(address: &str) -> Option<(&str, &str)> {
    let rest = match address.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(of_name) => rest,
        _ => address,
    };
    let (host, port) = rest.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let port_is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (port_is_number && is_host(host)).then_some((host, port))
}

fn of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-%._".contains(c)
}

/// `Utils.validHostPattern`.
pub fn is_host(text: &str) -> bool {
    text.chars().all(|c| of_name(c) || c == ':')
}

/// `Utils.getHost`: the host as it is written; None when the text is no address.
pub fn host_of(address: &str) -> Option<&str> {
    split_address(address).map(|(host, _)| host)
}

/// The digits of the port; None when the text is no address.
pub fn port_text_of(address: &str) -> Option<&str> {
    split_address(address).map(|(_, port)| port)
}

/// `Utils.getPort`: None when the text is no address or its port is beyond 32 bits.
pub fn port_of(address: &str) -> Option<i32> {
    port_text_of(address).and_then(|port| port.parse().ok())
}
