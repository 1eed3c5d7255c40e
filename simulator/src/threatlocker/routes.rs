use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::computer::REQUIRED;
use super::errors::ThreatLockerError;
use super::listing::{Entry, Scope};
use super::request::{CheckinParameters, ComputerParameters, NOBODY, OrderBy, OrganizationParameters};
use crate::simulator::Simulator;
use crate::switches::{EmptyList, PaginationHeader, ThreatLockerSwitches};
use crate::wire::{Object, Wire};

pub(crate) const API_KEY: &str = "sim-threatlocker-api-key";

/// The calls that the simulator answers, as the vendor spells them.
pub(crate) const CALLS: [&str; 4] = [
    "/Computer/ComputerGetByAllParameters",
    "/Computer/ComputerGetForEditById",
    "/ComputerCheckin/ComputerCheckinGetByParameters",
    "/Organization/OrganizationGetChildOrganizationsByParameters",
];

type Answer = Result<Response, ThreatLockerError>;

/// One request, its path already in the vendor's spelling (letter case does not matter to the vendor).
pub(crate) async fn answer(
    State(simulator): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = crate::http::paths::threatlocker(uri.path());
    let call =
        Call { simulator: &simulator, switches: simulator.switches().threatlocker, headers: &headers, body: &body };
    let answered = match (method, path.as_str()) {
        (Method::POST, "/Computer/ComputerGetByAllParameters") => call.computers(),
        (Method::GET, "/Computer/ComputerGetForEditById") => call.computer(&uri),
        (Method::POST, "/ComputerCheckin/ComputerCheckinGetByParameters") => call.checkins(),
        (Method::POST, "/Organization/OrganizationGetChildOrganizationsByParameters") => call.organizations(),
        _ => call.authorize().and(Err(ThreatLockerError::NotFound)),
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

struct Call<'a> {
    simulator: &'a Simulator,
    switches: ThreatLockerSwitches,
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

impl Call<'_> {
    fn authorize(&self) -> Result<(), ThreatLockerError> {
        let key = self.headers.get(AUTHORIZATION).ok_or(ThreatLockerError::NoKey)?;
        if key != API_KEY || self.switches.wrong_region {
            return Err(ThreatLockerError::TokenRevoked(self.switches.revoked));
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, ThreatLockerError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| ThreatLockerError::BadRequest(error.to_string()))
    }

    /// The organization the request is about: the header's, or the key's own. Any other header is ignored.
    fn organization(&self) -> String {
        let named = ["managedorganizationid", "overridemanagedorganizationid"]
            .iter()
            .find_map(|name| self.headers.get(*name)?.to_str().ok());
        named.map_or_else(|| self.simulator.world().parent_guid(), str::to_owned)
    }

    /// A parent owns no computers itself, so without its children there is nothing.
    fn scope<'o>(&self, organization: &'o str, children: bool) -> Scope<'o> {
        let world = self.simulator.world();
        if !organization.eq_ignore_ascii_case(&world.parent_guid()) {
            return if world.is_child(organization) { Scope::Organization(organization) } else { Scope::Nothing };
        }
        if children && !self.switches.parent_token_without_children { Scope::Everything } else { Scope::Nothing }
    }

    fn computers(&self) -> Answer {
        self.authorize()?;
        let asked: ComputerParameters = self.read()?;
        if OrderBy::named(&asked.order_by).is_none() {
            return Err(ThreatLockerError::BadRequest("unknown orderBy".to_owned()));
        }
        let organization = self.organization();
        let scope = self.scope(&organization, asked.child_organizations);
        let tick = (!self.switches.steady_last_checkin).then(|| self.simulator.tick());
        let world = self.simulator.world();
        let list = world.computer_list();
        let chosen = world.select_computers(&asked, scope, tick);
        let page = Page::of(asked.page_number, asked.page_size, chosen.len(), &self.switches)?;
        let on_page: Vec<&Entry> = chosen[page.start..page.end].iter().map(|&at| &list.entries()[at]).collect();
        let rows = on_page.iter().map(|entry| {
            let mut row = world.computer_row(entry);
            row.set("totalRows", Wire::from(page.total));
            self.switches.rows.apply(row, REQUIRED, &[&["serialNumber"]])
        });
        let response = self.respond(rows.collect(), &page);
        let first = on_page.first().filter(|_| page.end < page.total).map(|entry| entry.id.clone());
        drop(world);
        if let Some(first) = first {
            self.simulator.between_computer_pages(&first);
        }
        Ok(response)
    }

    fn computer(&self, uri: &Uri) -> Answer {
        self.authorize()?;
        let params: Vec<(String, String)> = Query::try_from_uri(uri).map(|Query(params)| params).unwrap_or_default();
        let id = params.iter().find(|(name, _)| name.eq_ignore_ascii_case("computerId"));
        let (_, id) = id.ok_or_else(|| ThreatLockerError::BadRequest("computerId is required".to_owned()))?;
        let world = self.simulator.world();
        let list = world.computer_list();
        let entry = list.entries().iter().find(|entry| entry.id.eq_ignore_ascii_case(id));
        let row = world.computer_for_edit(entry.ok_or(ThreatLockerError::NotFound)?);
        Ok(json_response(Wire::from(row).to_bytes()))
    }

    fn checkins(&self) -> Answer {
        self.authorize()?;
        let asked: CheckinParameters = self.read()?;
        if asked.computer_id.is_empty() || asked.computer_id == NOBODY {
            return Err(ThreatLockerError::BadRequest("computerId is required".to_owned()));
        }
        let world = self.simulator.world();
        let list = world.computer_list();
        let entry = list.entries().iter().find(|entry| entry.id.eq_ignore_ascii_case(&asked.computer_id));
        let rows = entry.map_or_else(Vec::new, |entry| world.checkins(entry, asked.hide_heartbeat));
        let page = Page::of(asked.page_number, asked.page_size, rows.len(), &self.switches)?;
        Ok(self.respond(rows[page.start..page.end].to_vec(), &page))
    }

    fn organizations(&self) -> Answer {
        self.authorize()?;
        let asked: OrganizationParameters = self.read()?;
        let children = asked.include_all_children || asked.child_organizations;
        let rows = match self.scope(&self.organization(), children) {
            Scope::Everything => self.simulator.world().select_organizations(&asked),
            Scope::Organization(_) | Scope::Nothing => Vec::new(),
        };
        let page = Page::of(asked.page_number, asked.page_size, rows.len(), &self.switches)?;
        Ok(self.respond(rows[page.start..page.end].to_vec(), &page))
    }

    fn respond(&self, rows: Vec<Object>, page: &Page) -> Response {
        let body = match self.switches.empty {
            EmptyList::ZeroBytes if rows.is_empty() => Vec::new(),
            _ => Wire::List(rows.into_iter().map(Wire::from).collect()).to_bytes(),
        };
        let mut response = json_response(body);
        if let Some(value) = page.header(self.switches.pagination_header) {
            response.headers_mut().insert(HeaderName::from_static("pagination"), value);
        }
        response
    }
}

fn json_response(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Which part of a list a page number is answered with.
struct Page {
    number: usize,
    size: usize,
    start: usize,
    end: usize,
    total: usize,
}

impl Page {
    fn of(
        number: usize,
        size: usize,
        total: usize,
        switches: &ThreatLockerSwitches,
    ) -> Result<Self, ThreatLockerError> {
        if number == 0 || size == 0 {
            return Err(ThreatLockerError::BadRequest("pageNumber and pageSize start at 1".to_owned()));
        }
        let size = size.saturating_add(switches.overfill).min(switches.page_cap.unwrap_or(usize::MAX)).max(1);
        let shown = match switches.paging.page_repeat_at.filter(|page| *page > 1) {
            Some(page) if number >= page => page - 1,
            _ => number,
        };
        let start = size.saturating_mul(shown - 1).min(total);
        Ok(Self { number, size, start, end: start.saturating_add(size).min(total), total })
    }

    fn header(&self, how: PaginationHeader) -> Option<HeaderValue> {
        let text = match how {
            PaginationHeader::Off => return None,
            PaginationHeader::Malformed => "{currentPage=1;".to_owned(),
            PaginationHeader::On => self.totals(self.number, self.start, self.end, self.total),
            PaginationHeader::Lowercase => {
                self.totals(self.number, self.start, self.end, self.total).to_ascii_lowercase()
            }
            PaginationHeader::Stale => {
                let total = self.total.saturating_sub(1);
                self.totals(1, 0, self.size.min(total), total)
            }
        };
        HeaderValue::from_str(&text).ok()
    }

    fn totals(&self, number: usize, start: usize, end: usize, total: usize) -> String {
        let body = json!({
            "currentPage": number,
            "itemsPerPage": self.size,
            "totalItems": total,
            "totalPages": total.div_ceil(self.size),
            "firstItem": if end > start { start + 1 } else { 0 },
            "lastItem": end,
        });
        body.to_string()
    }
}
