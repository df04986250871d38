//! The kinds of data that are told apart, and sets of them.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
            /// One of the user's own recognisers, by its place in the settings.
            Custom(u16),
        }

        impl Kind {
            /// Every kind that is built in.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The name used in settings and records. A [`Kind::Custom`] has its own, which the
            /// detector knows.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)*
                    Kind::Custom(_) => "custom",
                }
            }

            fn bit(self) -> u64 {
                match self {
                    Kind::Custom(_) => 0,
                    other => Self::ALL.iter().position(|kind| *kind == other).map_or(0, |place| 1 << place),
                }
            }
        }
    };
}

kinds! {
    Email => "email",
    Phone => "phone",
    PaymentCard => "payment_card",
    Iban => "iban",
    UsSsn => "us_ssn",
    UsItin => "us_itin",
    UkNino => "uk_nino",
    UkNhs => "uk_nhs",
    DeTaxId => "de_tax_id",
    FrNir => "fr_nir",
    EsDni => "es_dni",
    EsNie => "es_nie",
    ItCodiceFiscale => "it_codice_fiscale",
    InAadhaar => "in_aadhaar",
    InPan => "in_pan",
    AuTfn => "au_tfn",
    AuMedicare => "au_medicare",
    Passport => "passport",
    DrivingLicence => "driving_licence",
    DateOfBirth => "date_of_birth",
    PostalAddress => "postal_address",
    PersonName => "person_name",
    IpAddress => "ip_address",
    MacAddress => "mac_address",
    GeoCoordinates => "geo_coordinates",
    /// The user and password in a URL.
    UrlCredentials => "url_credentials",
    ApiKey => "api_key",
    /// A JSON web token or a bearer token.
    AccessToken => "access_token",
    PrivateKey => "private_key",
    Password => "password",
    CryptoAddress => "crypto_address",
    MedicalRecordNumber => "medical_record_number",
}

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| UnknownKind(name.to_owned()))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no kind of data called `{0}`; use one of the names of `Kind::ALL`")]
pub struct UnknownKind(String);

/// Which built-in kinds are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSet(u64);

impl KindSet {
    pub fn all() -> Self {
        Self::of(Kind::ALL)
    }

    pub fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | kind.bit()))
    }

    pub fn without(self, kinds: &[Kind]) -> Self {
        Self(self.0 & !Self::of(kinds).0)
    }

    pub fn contains(self, kind: Kind) -> bool {
        matches!(kind, Kind::Custom(_)) || self.0 & kind.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_is_found_by_it() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), *kind);
            assert!(KindSet::all().contains(*kind));
            assert!(!KindSet::all().without(&[*kind]).contains(*kind));
        }
        assert!("shoe_size".parse::<Kind>().is_err());
    }
}
