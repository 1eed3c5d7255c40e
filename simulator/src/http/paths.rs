use crate::switches::Vendor;
use crate::threatlocker::routes::CALLS;

/// Whose API a path belongs to, and the path as that vendor's documentation spells it: without our prefix, without
/// `/api` (Ninja) or `/portalApi` (ThreatLocker), and in the documented letter case.
pub(crate) fn vendor_of(path: &str) -> Option<(Vendor, String)> {
    if let Some(rest) = path.strip_prefix("/ninja").filter(|rest| rest.starts_with('/')) {
        let short = rest.strip_prefix("/api").filter(|rest| rest.starts_with("/v2/"));
        return Some((Vendor::Ninja, short.unwrap_or(rest).to_owned()));
    }
    let rest = path.strip_prefix("/threatlocker").filter(|rest| rest.starts_with('/'))?;
    Some((Vendor::ThreatLocker, threatlocker(rest)))
}

pub(crate) fn threatlocker(path: &str) -> String {
    const ROOT: &str = "/portalapi/";
    let rest = match path.get(..ROOT.len()) {
        Some(root) if root.eq_ignore_ascii_case(ROOT) => &path[ROOT.len() - 1..],
        _ => path,
    };
    CALLS.iter().find(|call| call.eq_ignore_ascii_case(rest)).map_or_else(|| rest.to_owned(), |call| (*call).to_owned())
}

/// The path with numbers replaced, so that calls for single devices count as one.
pub(crate) fn pattern(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if number { "{id}" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{pattern, vendor_of};
    use crate::switches::Vendor;

    #[test]
    fn paths_are_told_as_the_vendor_spells_them() {
        let ninja = |path: &str| Some((Vendor::Ninja, path.to_owned()));
        assert_eq!(vendor_of("/ninja/api/v2/devices"), ninja("/v2/devices"));
        assert_eq!(vendor_of("/ninja/oauth/token"), ninja("/oauth/token"));
        let computers = (Vendor::ThreatLocker, "/Computer/ComputerGetByAllParameters".to_owned());
        assert_eq!(vendor_of("/threatlocker/portalApi/computer/computergetbyallparameters"), Some(computers));
        assert_eq!(vendor_of("/elsewhere"), None);
        assert_eq!(pattern("/v2/device/101/custom-fields"), "/v2/device/{id}/custom-fields");
    }
}
