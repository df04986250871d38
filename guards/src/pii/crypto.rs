//! Addresses of crypto currencies: Bitcoin's in base58check and bech32(m), Ethereum's with the
//! checksum in its capitals (EIP-55).

use bech32::primitives::decode::SegwitHrpstring;
use sha3::{Digest as _, Keccak256};

use super::{
    Kind, Validator,
    cues::{COIN, OTHER},
    view::{DIGIT, Found, LOWER_CASE, Token, UPPER, View},
};

pub(crate) fn find(view: &View, found: &mut Found) {
    if !found.wants(Kind::CryptoAddress) {
        return;
    }
    for token in &view.tokens {
        if token.len() < 25 || token.len() > 90 || token.has & !(DIGIT | UPPER | LOWER_CASE) != 0 {
            continue;
        }
        judge(view, *token, found);
    }
}

fn judge(view: &View, token: Token, found: &mut Found) {
    let text = view.bytes(token);
    let span = token.start()..token.end();
    let head = [text[0].to_ascii_lowercase(), text[1].to_ascii_lowercase(), text[2].to_ascii_lowercase()];
    if matches!(text[0], b'1' | b'3') && text.len() <= 35 {
        let decoded = bs58::decode(text).with_check(None).into_vec();
        if decoded.is_ok_and(|bytes| bytes.len() == 21 && matches!(bytes[0], 0 | 5)) {
            found.plain(Kind::CryptoAddress, span, Validator::Checksum, 0.97);
        }
    } else if head == *b"bc1" || head == *b"tb1" {
        let decoded = std::str::from_utf8(text).is_ok_and(|text| SegwitHrpstring::new(text).is_ok());
        if decoded {
            found.plain(Kind::CryptoAddress, span, Validator::Checksum, 0.98);
        }
    } else if text.len() == 42 && head[..2] == *b"0x" && text[2..].iter().all(u8::is_ascii_hexdigit) {
        let mixed =
            text[2..].iter().any(u8::is_ascii_lowercase) && text[2..].iter().any(u8::is_ascii_uppercase);
        if !mixed {
            let weighed = view.weigh(&span, 0.6, COIN, OTHER);
            found.push(Kind::CryptoAddress, span, Validator::Structure, weighed);
        } else if is_eip_55(&text[2..]) {
            found.plain(Kind::CryptoAddress, span, Validator::Checksum, 0.98);
        }
    }
}

/// A letter is a capital where the hash of the address in small letters has a large digit.
fn is_eip_55(address: &[u8]) -> bool {
    let hash = Keccak256::digest(address.to_ascii_lowercase());
    address.iter().enumerate().all(|(place, sign)| {
        let byte = hash[place / 2];
        let large = if place % 2 == 0 { byte >> 4 } else { byte & 15 } >= 8;
        !sign.is_ascii_alphabetic() || sign.is_ascii_uppercase() == large
    })
}
