//! Topic names (`Topic`).
pub fn validate(name: &str) -> Result<(), String> {
    let fail = |text: String| Err(format!("Topic name is invalid: {text}"));
    if name.is_empty() {
        return fail("the empty string is not allowed".into());
    }
    if name == "." || name == ".." {
        return fail(format!("'{name}' is not allowed"));
    }
    if name.len() > 249 {
        return fail(format!("the length of '{name}' is longer than the max allowed length 249"));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return fail(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ));
    }
    Ok(())
}
pub fn collides(a: &str, b: &str) -> bool {
    a != b && a.replace('.', "_") == b.replace('.', "_")
}
pub fn is_internal(name: &str) -> bool {
    matches!(name, "__consumer_offsets" | "__transaction_state" | "__share_group_state")
}
