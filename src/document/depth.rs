//! How deep a text nests, before anything is parsed.

/// How deep arrays, inline tables and dotted keys go. The parser recurses, so this bounds the stack that a file takes;
/// the header that nests most in a catalog goes six deep.
pub(super) const DEPTH_MAX: usize = 8;

/// Where a text nests deeper than files do: found without recursion, before anything is parsed. What stands in strings
/// and comments does not count.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let text = text.as_bytes();
    let (mut depth, mut dots, mut at) = (0_usize, 0_usize, 0_usize);
    while let Some(byte) = text.get(at) {
        let rest = || text.get(at..).unwrap_or_default();
        let mut length = 1;
        match byte {
            b'#' => length = until(rest(), |byte| byte == b'\n'),
            b'"' | b'\'' => length = string_length(rest(), *byte),
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots = dots.saturating_add(1),
            b'=' | b',' | b'\n' => dots = 0,
            _ => length = until(rest(), |byte| MATTERS.get(usize::from(byte)) == Some(&true)),
        }
        if depth.saturating_add(dots) > DEPTH_MAX {
            return Some(at);
        }
        at = at.saturating_add(length);
    }
    None
}

/// Whether a byte can move how deep a text nests: a table, for every byte of every file is looked up.
#[expect(clippy::indexing_slicing, reason = "a constant beyond its end would not compile")]
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let bytes = b"#\"'[]{}.=,\n";
    let mut at = 0;
    while at < bytes.len() {
        matters[bytes[at] as usize] = true;
        at = at.wrapping_add(1);
    }
    matters
};

/// How far it is to the next byte that matters, at least one.
fn until(text: &[u8], matters: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| matters(*byte)).unwrap_or(text.len()).max(1)
}

/// The length of a string of TOML, quotes included. One that never ends takes the rest of its line or of the text,
/// which the parser turns down.
fn string_length(text: &[u8], quote: u8) -> usize {
    let delimiter = [quote; 3];
    let (quotes, lines) = if text.starts_with(&delimiter) { (3, true) } else { (1, false) };
    let delimiter = delimiter.get(..quotes).unwrap_or_default();
    let mut at = quotes;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(delimiter) {
            return at.saturating_add(quotes);
        }
        at = match rest {
            [b'\n', ..] if !lines => return at,
            [b'\\', ..] if quote == b'"' => at.saturating_add(2),
            _ => at.saturating_add(until(rest, |byte| byte == quote || byte == b'\\' || byte == b'\n')),
        };
    }
    text.len()
}
