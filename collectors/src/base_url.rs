//! Base URLs from the environment, checked at start. Errors never repeat the text: it may hold a password.

use url::{Host, Url};

/// Region keys of Ninja and their hosts (vendor-apis.md 1.1).
const NINJA_REGIONS: [(&str, &str); 7] = [
    ("us", "https://app.ninjarmm.com"),
    ("app", "https://app.ninjarmm.com"),
    ("us2", "https://us2.ninjarmm.com"),
    ("eu", "https://eu.ninjarmm.com"),
    ("ca", "https://ca.ninjarmm.com"),
    ("oc", "https://oc.ninjarmm.com"),
    ("fed", "https://fed.ninjarmm.com"),
];

/// Why a text is no base URL of a vendor.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// No absolute URL (nor, for Ninja, a region key).
    #[error("not an absolute URL: {0}")]
    NotAUrl(url::ParseError),
    /// Neither https nor http.
    #[error("the scheme must be https")]
    Scheme,
    /// Plain http to another machine would send the credentials in clear.
    #[error("plain http is accepted on this machine only (localhost, 127.0.0.1, [::1])")]
    PlainHttp,
    /// A user name or password inside the URL.
    #[error("user name and password do not belong into the base URL")]
    UserInfo,
    /// A query or a fragment.
    #[error("a base URL has no query and no fragment")]
    QueryOrFragment,
}

/// Checks a vendor's base URL. It may carry a path, onto which the vendor's paths are joined.
pub fn vendor_base_url(text: &str) -> Result<Url, BaseUrlError> {
    let mut url = Url::parse(text.trim()).map_err(BaseUrlError::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(BaseUrlError::PlainHttp),
        _ => return Err(BaseUrlError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BaseUrlError::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(BaseUrlError::QueryOrFragment);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Ninja's base URL: a region key (`us`, `us2`, `eu`, `ca`, `oc`, `fed`) or a full URL (white-label hosts exist).
pub fn ninja_base_url(text: &str) -> Result<Url, BaseUrlError> {
    let text = text.trim();
    let region = NINJA_REGIONS.iter().find(|(key, _)| key.eq_ignore_ascii_case(text));
    vendor_base_url(region.map_or(text, |(_, host)| host))
}

/// Whether a URL points to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_key_names_its_host() {
        for (key, host) in [("us", "app"), ("US2", "us2"), ("eu", "eu"), ("ca", "ca"), ("oc", "oc"), (" fed ", "fed")] {
            assert_eq!(ninja_base_url(key).unwrap().as_str(), format!("https://{host}.ninjarmm.com/"), "{key}");
        }
        assert!(vendor_base_url("us").is_err(), "region keys are Ninja's alone");
        assert_eq!(ninja_base_url("https://brand.example.eu/x/").unwrap().as_str(), "https://brand.example.eu/x");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for text in ["http://127.0.0.1:9/ninja", "http://localhost", "http://[::1]:1", "http://127.9.9.9"] {
            assert!(vendor_base_url(text).is_ok(), "{text}");
        }
        for text in ["http://portal.example", "http://10.0.0.1", "http://localhost.example"] {
            assert_eq!(vendor_base_url(text), Err(BaseUrlError::PlainHttp), "{text}");
        }
    }

    #[test]
    fn anything_but_scheme_host_and_path_is_refused_without_being_repeated() {
        for (text, error) in [
            ("https://user:planted-secret@host.example", BaseUrlError::UserInfo),
            ("https://host.example/?key=planted-secret", BaseUrlError::QueryOrFragment),
            ("https://host.example/#planted-secret", BaseUrlError::QueryOrFragment),
            ("ftp://host.example/planted-secret", BaseUrlError::Scheme),
        ] {
            let refused = vendor_base_url(text).unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!format!("{refused} {refused:?}").contains("planted-secret"));
        }
        assert!(matches!(vendor_base_url("planted-secret"), Err(BaseUrlError::NotAUrl(_))));
    }
}
