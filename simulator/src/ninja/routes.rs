use std::collections::HashMap;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::cursor::{Cursor, Cursors, Found};
use super::device::{OPTIONAL, OPTIONAL_DETAILED, REQUIRED};
use super::errors::NinjaError;
use super::filter::Filter;
use super::listing::Entry;
use super::reports::{Report, bitlocker};
use crate::moment::Moment;
use crate::simulator::Simulator;
use crate::switches::{ExpiredCursor, IdOrder, NinjaSwitches};
use crate::wire::{Object, Wire};

type Params = Query<HashMap<String, String>>;
type Answer = Result<Response, NinjaError>;

pub(crate) fn router(simulator: &Simulator) -> Router {
    let v2 = Router::new()
        .route("/devices", get(devices))
        .route("/devices-detailed", get(devices_detailed))
        .route("/devices/search", get(search))
        .route("/device/{id}", get(device))
        .route("/device/{id}/custom-fields", get(custom_fields))
        .route("/organizations", get(organizations))
        .route("/organizations-detailed", get(organizations_detailed))
        .route("/organization/{id}/devices", get(organization_devices))
        .route("/locations", get(locations))
        .route("/roles", get(roles))
        .route("/queries/{name}", get(report))
        .fallback(async || NinjaError::NotFound)
        .layer(from_fn_with_state(simulator.clone(), authorized));
    Router::new()
        .route("/ws/oauth/token", post(token))
        .route("/oauth/token", post(token))
        .nest("/v2", v2.clone())
        .nest("/api/v2", v2)
        .fallback(async || NinjaError::NotFound)
        .with_state(simulator.clone())
}

async fn authorized(State(simulator): State<Simulator>, request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let admitted = simulator.tokens().admit(header, &simulator.switches().ninja);
    match admitted {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn token(
    State(simulator): State<Simulator>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Answer {
    let Form(form) = form.map_err(|_| NinjaError::UnsupportedGrant)?;
    let switches = simulator.switches().ninja;
    let body = simulator.tokens().grant(&form, &switches)?;
    Ok(json(body.to_string().into_bytes()))
}

fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

fn list(rows: impl Iterator<Item = Object>) -> Response {
    json(Wire::List(rows.map(Wire::from).collect()).to_bytes())
}

fn whole(params: &HashMap<String, String>, name: &'static str, default: i64) -> Result<i64, NinjaError> {
    params.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| NinjaError::BadParameter(name)))
}

fn page_size(params: &HashMap<String, String>, switches: &NinjaSwitches) -> Result<usize, NinjaError> {
    let default = i64::try_from(switches.default_page_size).unwrap_or(i64::MAX);
    let size = whole(params, "pageSize", default)?;
    usize::try_from(size).ok().filter(|size| *size > 0).ok_or(NinjaError::BadParameter("pageSize"))
}

fn filter_of(params: &HashMap<String, String>, switches: &NinjaSwitches) -> Result<Filter, NinjaError> {
    match params.get("df") {
        Some(text) if !switches.df_ignored => Filter::parse(text).map_err(|_| NinjaError::BadParameter("df")),
        _ => Ok(Filter::default()),
    }
}

/// Which part of a list, sorted by id, a request for `after` and `pageSize` is answered with.
struct Cut {
    start: usize,
    end: usize,
}

impl Cut {
    fn of(ids: &[i64], params: &HashMap<String, String>, switches: &NinjaSwitches) -> Result<Self, NinjaError> {
        let size = page_size(params, switches)?;
        let after = whole(params, "after", 0)?;
        let mut start = ids.partition_point(|&id| id <= after);
        if let Some(repeat) = switches.paging.page_repeat_at.filter(|page| *page > 1)
            && start >= size.saturating_mul(repeat - 1)
        {
            start = size * (repeat - 2);
        }
        Ok(Self { start, end: start.saturating_add(size).min(ids.len()) })
    }
}

async fn devices(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    device_page(&simulator, &params, false, None)
}

async fn devices_detailed(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    device_page(&simulator, &params, true, None)
}

async fn organization_devices(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Query(params): Params,
) -> Answer {
    let id = id.parse().map_err(|_| NinjaError::NotFound)?;
    if !simulator.world().organization_rows().iter().any(|row| row.int("id") == Some(id)) {
        return Err(NinjaError::NotFound);
    }
    device_page(&simulator, &params, false, Some(id))
}

fn device_page(
    simulator: &Simulator,
    params: &HashMap<String, String>,
    detailed: bool,
    organization: Option<i64>,
) -> Answer {
    let switches = simulator.switches().ninja;
    let filter = filter_of(params, &switches)?;
    let world = simulator.world();
    let all = world.device_list();
    let wanted =
        |entry: &&Entry| !entry.ghost && organization.is_none_or(|id| id == entry.organization) && filter.admits(entry);
    let entries: Vec<&Entry> = all.entries().iter().filter(wanted).collect();
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let cut = Cut::of(&ids, params, &switches)?;
    let mut page = entries[cut.start..cut.end].to_vec();
    if switches.ids == IdOrder::Shuffled {
        page.sort_by_key(|entry| world.fleet.luck().of(entry.id.unsigned_abs()).roll("shuffled"));
    }
    let response = list(page.into_iter().map(|entry| {
        let row = if detailed { world.detailed(entry) } else { world.basic(entry) };
        let more = if detailed { OPTIONAL_DETAILED } else { &[] };
        switches.rows.apply(row, REQUIRED, &[OPTIONAL, more])
    }));
    let next = ids.get(cut.end).copied();
    drop(world);
    if let Some(next) = next {
        simulator.between_device_pages(next);
    }
    Ok(response)
}

async fn device(State(simulator): State<Simulator>, Path(id): Path<String>) -> Answer {
    let world = simulator.world();
    let all = world.device_list();
    let entry = find(all.find(id.parse().map_err(|_| NinjaError::NotFound)?))?;
    let shape = simulator.switches().ninja.rows;
    let row = shape.apply(world.detailed(entry), REQUIRED, &[OPTIONAL, OPTIONAL_DETAILED]);
    Ok(json(Wire::from(row).to_bytes()))
}

async fn custom_fields(State(simulator): State<Simulator>, Path(id): Path<String>) -> Answer {
    let world = simulator.world();
    let all = world.device_list();
    let entry = find(all.find(id.parse().map_err(|_| NinjaError::NotFound)?))?;
    Ok(json(Wire::from(world.custom_fields(entry)).to_bytes()))
}

fn find(entry: Option<&Entry>) -> Result<&Entry, NinjaError> {
    entry.filter(|entry| !entry.ghost).ok_or(NinjaError::NotFound)
}

async fn search(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    let text = params.get("q").cloned().unwrap_or_default();
    let limit = usize::try_from(whole(&params, "limit", 100)?).map_err(|_| NinjaError::BadParameter("limit"))?;
    let shape = simulator.switches().ninja.rows;
    let world = simulator.world();
    let all = world.device_list();
    let listed = all.entries().iter().filter(|entry| !entry.ghost && !entry.is_pending());
    let found = listed.filter_map(|entry| {
        let (key, value) = matched(&world.detailed(entry), &text.to_lowercase())?;
        let mut row = shape.apply(world.basic(entry), REQUIRED, &[OPTIONAL]);
        row.put("matchAttr", key).put("matchAttrValue", value);
        Some(Wire::from(row))
    });
    let devices: Vec<Wire> = found.take(limit).collect();
    let mut body = Object::new();
    body.put("query", text).put("devices", devices);
    Ok(json(Wire::from(body).to_bytes()))
}

/// The first of names, user and addresses that contains the text.
fn matched(row: &Object, text: &str) -> Option<(&'static str, String)> {
    if text.is_empty() {
        return None;
    }
    let contains = |value: &str| value.to_lowercase().contains(text).then(|| value.to_owned());
    for key in ["displayName", "systemName", "dnsName", "netbiosName", "lastLoggedInUser", "publicIP"] {
        if let Some(value) = row.text(key).and_then(contains) {
            return Some((key, value));
        }
    }
    let Some(Wire::List(ips)) = row.get("ipAddresses") else { return None };
    ips.iter().find_map(|ip| match ip {
        Wire::Text(ip) => Some(("ipAddresses", contains(ip)?)),
        _ => None,
    })
}

async fn organizations(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    let rows = simulator.world().organization_rows();
    row_page(&simulator, &params, rows, &["id", "name"])
}

async fn organizations_detailed(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    let rows = simulator.world().detailed_organization_rows();
    row_page(&simulator, &params, rows, &["id", "name"])
}

async fn locations(State(simulator): State<Simulator>, Query(params): Params) -> Answer {
    let rows = simulator.world().location_rows();
    row_page(&simulator, &params, rows, &["id", "name", "organizationId"])
}

fn row_page(simulator: &Simulator, params: &HashMap<String, String>, rows: Vec<Object>, required: &[&str]) -> Answer {
    let switches = simulator.switches().ninja;
    let ids: Vec<i64> = rows.iter().map(|row| row.int("id").unwrap_or_default()).collect();
    let cut = Cut::of(&ids, params, &switches)?;
    let page = rows.into_iter().skip(cut.start).take(cut.end - cut.start);
    Ok(list(page.map(|row| switches.rows.apply(row, required, &[]))))
}

async fn roles() -> Response {
    list(super::catalog::roles().into_iter())
}

async fn report(State(simulator): State<Simulator>, Path(name): Path<String>, Query(params): Params) -> Answer {
    let report = Report::named(&name).ok_or(NinjaError::NotFound)?;
    let switches = simulator.switches().ninja;
    let size = page_size(&params, &switches)?;
    let asked = params.get("cursor").map(String::as_str).filter(|name| !name.is_empty());
    let mut cursors = simulator.cursors();
    let mut cursor = match asked.map(|name| cursors.find(name)) {
        None => {
            let places = simulator.world().report_places(report, &filter_of(&params, &switches)?);
            Cursors::begin(report, places, &switches)
        }
        Some(Found::Open(cursor)) if cursor.report == report => cursor,
        Some(Found::Expired) => return expired(switches.expired_cursor),
        Some(_) => return Err(NinjaError::NotFound),
    };
    let rows = advance(&simulator, &mut cursor, size, &switches, params.contains_key("include"));
    let mut body = Object::new();
    let (offset, count) = (cursor.offset, cursor.places.len());
    if offset < count {
        let name = cursors.keep(cursor, asked, switches.cursor_name);
        let expires =
            Moment::night_of(simulator.day()).plus_secs(i64::try_from(switches.cursor_ttl.as_secs()).unwrap_or(0));
        let mut part = Object::new();
        part.put("name", name).put("offset", offset).put("count", count).put("expires", expires);
        body.put("cursor", part);
    } else if let Some(name) = asked {
        cursors.close(name);
    }
    body.put("results", rows);
    Ok(json(Wire::from(body).to_bytes()))
}

fn expired(how: ExpiredCursor) -> Answer {
    match how {
        ExpiredCursor::NotFound => Err(NinjaError::NotFound),
        ExpiredCursor::BadRequest => Err(NinjaError::BadParameter("cursor")),
        ExpiredCursor::EmptyPage => Ok(json(br#"{"results":[]}"#.to_vec())),
    }
}

/// The next rows of a report. The cursor moves past them, unless it is one that repeats a page.
fn advance(
    simulator: &Simulator,
    cursor: &mut Cursor,
    size: usize,
    switches: &NinjaSwitches,
    encryption: bool,
) -> Vec<Wire> {
    let mut start = cursor.offset;
    let repeats = switches.paging.page_repeat_at.filter(|page| *page > 1 && start >= size.saturating_mul(page - 1));
    if let Some(page) = repeats {
        start = size * (page - 2);
    }
    let end = start.saturating_add(size).min(cursor.places.len());
    if repeats.is_none() {
        cursor.offset = end;
    }
    let world = simulator.world();
    let rows = cursor.places[start..end].iter().filter_map(|&place| {
        let mut row = world.report_row(cursor.report, place)?;
        if encryption && cursor.report == Report::Volumes {
            row.put("bitLockerStatus", bitlocker());
        }
        Some(Wire::from(switches.rows.apply(row, &["deviceId"], &[])))
    });
    rows.collect()
}
