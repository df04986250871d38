//! Which validators know codes of which length. Adding one is one more line here.

use super::{
    banking, cards, national,
    numbers::Slice,
    view::{Found, View},
};

pub(crate) fn judge(view: &View, slice: &Slice, found: &mut Found) {
    if slice.digits {
        match slice.code.len() {
            9 => {
                national::us::judge(view, slice, found);
                national::au::tfn(view, slice, found);
            }
            10 => {
                national::uk::nhs(view, slice, found);
                national::au::medicare(view, slice, found);
            }
            11 => {
                national::de::tax_id(view, slice, found);
                national::au::medicare(view, slice, found);
            }
            12 => {
                national::india::aadhaar(view, slice, found);
                cards::judge(view, slice, found);
            }
            15 => {
                national::fr::nir(view, slice, found);
                cards::judge(view, slice, found);
            }
            13..=19 => cards::judge(view, slice, found),
            _ => {}
        }
        return;
    }
    match slice.code.len() {
        9 => {
            national::uk::nino(view, slice, found);
            national::es::judge(view, slice, found);
        }
        10 => national::india::pan(view, slice, found),
        15 => {
            national::fr::nir(view, slice, found);
            banking::iban(view, slice, found);
        }
        16 => {
            national::it::codice_fiscale(view, slice, found);
            national::uk::driving_licence(view, slice, found);
            banking::iban(view, slice, found);
        }
        17..=34 => banking::iban(view, slice, found),
        _ => {}
    }
}
