//! The cookies of sign-in: a refresh token that no script reads, and a sign-in that has gone to an issuer.
//!
//! Written by hand, because there are two of them, of fixed shape, with values that need no quoting: a crate would be
//! longer to use. Over TLS their names begin with `__Secure-`, so that nobody without TLS can put one in.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::{HttpOptions, caller::Caller};

/// One cookie: its name, where it is sent, and by which pages' wish.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookie {
    name: &'static str,
    path: &'static str,
    same_site: &'static str,
}

/// Holds the refresh token. Other sites' pages can't have it sent.
pub(super) const REFRESH: Cookie = Cookie { name: "hub-refresh", path: "/auth", same_site: "Strict" };

/// Holds a sign-in on its way; the issuer's page sends the browser back with it.
pub(super) const ATTEMPT: Cookie = Cookie { name: "hub-sign-in", path: "/auth/oidc", same_site: "Lax" };

/// How cookies are set for who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies {
    /// Whether the browser speaks TLS, with us or with a proxy before us.
    is_secure: bool,
}

impl Cookies {
    pub(super) fn of(caller: Caller, options: &HttpOptions) -> Self {
        let is_public = options.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        Self { is_secure: caller.is_secure || is_public }
    }

    /// The value that the browser sent.
    pub(super) fn read(self, headers: &HeaderMap, cookie: Cookie) -> Option<String> {
        let name = self.name(cookie);
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let value = pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned());
        value.filter(|value| !value.is_empty())
    }

    /// Has the browser keep a value, of letters, digits, `-`, `_` and `.`.
    pub(super) fn keep(self, cookie: Cookie, value: &str, time: Duration) -> Option<HeaderValue> {
        self.write(cookie, value, time.as_secs())
    }

    /// Has the browser forget it.
    pub(super) fn forget(self, cookie: Cookie) -> Option<HeaderValue> {
        self.write(cookie, "", 0)
    }

    fn write(self, cookie: Cookie, value: &str, seconds: u64) -> Option<HeaderValue> {
        let Cookie { path, same_site, .. } = cookie;
        let name = self.name(cookie);
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    fn name(self, cookie: Cookie) -> String {
        if self.is_secure { format!("__Secure-{}", cookie.name) } else { cookie.name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        for (sent, secure, read) in [
            ("hub-refresh=abc", false, Some("abc")),
            ("a=1; hub-refresh=a.b_c-d; b=2", false, Some("a.b_c-d")),
            ("xhub-refresh=abc", false, None),
            ("hub-refresh=", false, None),
            ("hub-refresh", false, None),
            ("hub-refresh=abc", true, None),
            ("hub-refresh=abc; __Secure-hub-refresh=def", true, Some("def")),
            ("__Secure-hub-refresh=def", false, None),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(sent).unwrap())]);
            let cookies = Cookies { is_secure: secure };
            assert_eq!(cookies.read(&headers, REFRESH).as_deref(), read, "{sent} {secure}");
        }
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_refresh_token() {
        let set = |is_secure| Cookies { is_secure }.keep(REFRESH, "abc", Duration::from_mins(1)).unwrap();
        assert_eq!(set(false), "hub-refresh=abc; Path=/auth; Max-Age=60; HttpOnly; SameSite=Strict");
        assert_eq!(set(true), "__Secure-hub-refresh=abc; Path=/auth; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
    }
}
