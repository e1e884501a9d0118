//! What a member of a group says of itself (`JoinGroupRequest`).

/// Longest reason for joining or leaving that is sent on, in UTF-16 code units.
pub const MAX_REASON_LENGTH: u32 = 255;

/// The reason cut to [`MAX_REASON_LENGTH`] (`maybeTruncateReason`). Where the cut goes through a character beyond the
/// basic plane, its half becomes `?`, as Java writes it into the request.
pub fn truncate_reason(reason: &str) -> String {
    let mut left = MAX_REASON_LENGTH as usize;
    let mut kept = String::new();
    for letter in reason.chars() {
        match letter.len_utf16() {
            units if units <= left => {
                kept.push(letter);
                left -= units;
            }
            _ if left == 1 => {
                kept.push('?');
                break;
            }
            _ => break,
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::truncate_reason;

    #[test]
    fn a_reason_is_cut_where_java_cuts_it() {
        assert_eq!(truncate_reason(""), "");
        assert_eq!(truncate_reason(&"x".repeat(255)).len(), 255);
        assert_eq!(truncate_reason(&"주".repeat(300)).chars().count(), 255);
        let cut = truncate_reason(&format!("{}{}", "x".repeat(254), "🐘🐘"));
        assert!(cut.ends_with("x?") && cut.len() == 255, "{cut}");
    }
}
