//! Names of users and clients as the metadata log and metrics have them (`Sanitizer`).

/// Percent-encodes every byte of UTF-8 but letters, digits, `.`, `-` and `_`.
pub fn sanitize(name: &str) -> String {
    let mut sanitized = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            sanitized.push(char::from(byte));
        } else {
            sanitized.push_str(&format!("%{byte:02X}"));
        }
    }
    sanitized
}
