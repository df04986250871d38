//! Spelling that does not matter: case, accents, kinds of apostrophe.

use deunicode::deunicode_char;

/// Lower case, without accents: `É` and `e` followed by a combining accent are both `e`, `ß` is
/// `ss`. Only the Latin script is touched; transliterating others would make one word of many.
pub(crate) fn fold(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text.to_owned();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{300}'..='\u{36f}' | '\u{ad}' => {}
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => folded.push('\''),
            '\u{2010}' | '\u{2011}' => folded.push('-'),
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => {
                folded.extend(char::from_u32(u32::from(c) - 0xfee0).map(|c| c.to_ascii_lowercase()));
            }
            '\u{df}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => match deunicode_char(c) {
                Some(ascii) => folded.extend(ascii.chars().map(|c| c.to_ascii_lowercase())),
                None => folded.push(c),
            },
            _ => folded.push(c),
        }
    }
    folded
}
