//! Which Windows is installed, as far as 24H2 is concerned.

use super::finding::said;

/// The build of Windows 11 24H2. The next release, 25H2, is 26200.
const BUILD_24H2: u32 = 26100;

/// What is installed, seen from 24H2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// Windows 11 24H2.
    Release24H2,
    /// A later release or build.
    Newer,
    /// An earlier Windows, or nobody said which.
    OlderOrUnknown,
}

/// By the build where it can be read, else by the release. The build goes first because it is the system's own number,
/// while tools are known to tell a release that was true before the last update.
pub(super) fn installed(build: Option<&str>, release: Option<&str>) -> Installed {
    let place = |ordering| match ordering {
        std::cmp::Ordering::Less => Installed::OlderOrUnknown,
        std::cmp::Ordering::Equal => Installed::Release24H2,
        std::cmp::Ordering::Greater => Installed::Newer,
    };
    let by_build = said(build).and_then(build_number).map(|build| place(build.cmp(&BUILD_24H2)));
    let by_release = || said(release).and_then(release_number).map(|release| place(release.cmp(&(24, 2))));
    by_build.or_else(by_release).unwrap_or(Installed::OlderOrUnknown)
}

/// The build of `26100`, `26100.4351` or `10.0.26100.4351`.
fn build_number(text: &str) -> Option<u32> {
    let text = text.strip_prefix("10.0.").unwrap_or(text);
    text.split(['.', ' ']).next()?.parse().ok().filter(|build| *build >= 1000)
}

/// Year and half of `24H2`; what has none (`2009`, `1909`) is older than all that do.
fn release_number(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find(|word| word.contains(['h', 'H']))?;
    let (year, half) = word.split_once(['h', 'H'])?;
    Some((year.parse().ok().filter(|year| (15..100).contains(year))?, half.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_and_release_tell_the_version_and_either_may_be_missing() {
        use Installed::{Newer, OlderOrUnknown, Release24H2};
        for (build, release, expected) in [
            (Some("26100"), Some("24H2"), Release24H2),
            (Some("26100"), None, Release24H2),
            (None, Some("24H2"), Release24H2),
            (None, Some("24h2 "), Release24H2),
            (None, Some("Version 24H2"), Release24H2),
            (Some("10.0.26100"), None, Release24H2),
            (Some("10.0.26100.4351"), None, Release24H2),
            (Some("26100.1742"), Some(""), Release24H2),
            (Some("26200"), Some("25H2"), Newer),
            (Some("26200"), None, Newer),
            (None, Some("25H2"), Newer),
            (None, Some("26H1"), Newer),
            (None, Some("30H2"), Newer),
            (Some("27842"), None, Newer),
            (Some("22631"), Some("23H2"), OlderOrUnknown),
            (Some("19045"), Some("22H2"), OlderOrUnknown),
            (Some("19045"), Some("2009"), OlderOrUnknown),
            (None, Some("24H1"), OlderOrUnknown),
            (None, None, OlderOrUnknown),
            (Some(" "), Some("?"), OlderOrUnknown),
            (Some("12"), Some("24H2"), Release24H2),
        ] {
            assert_eq!(installed(build, release), expected, "{build:?} {release:?}");
        }
    }

    #[test]
    fn the_build_goes_before_a_release_that_was_not_told_anew() {
        assert_eq!(installed(Some("26100"), Some("23H2")), Installed::Release24H2);
        assert_eq!(installed(Some("22631"), Some("24H2")), Installed::OlderOrUnknown);
    }
}
