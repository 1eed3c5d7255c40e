use std::time::Duration;

use serde_json::{Value, json};
use simulator::{CursorName, ExpiredCursor, FleetPlan, IdOrder};

use crate::client::{Client, column, distinct};

#[tokio::test]
async fn the_error_table_is_answered_word_for_word() {
    let mut client = Client::plain(3, 0).await;
    let url = format!("{}/v2/devices", client.running.ninja_url());
    let bare = client.http.get(&url).send().await.unwrap();
    assert_eq!(bare.status(), 400);
    assert!(bare.headers().contains_key("x-nj-request-id"));
    let missing = json!({"error":"missing_header","error_description":"Missing required header","error_code":2});
    assert_eq!(bare.json::<Value>().await.unwrap(), missing);
    let basic = client.http.get(&url).header("Authorization", "Basic x").send().await.unwrap();
    assert_eq!(basic.status(), 400);
    let invalid = json!({"error":"invalid_header","error_description":"Invalid 'Authorization' header","error_code":1});
    assert_eq!(basic.json::<Value>().await.unwrap(), invalid);
    let absent = client.ninja("/v2/device/999999").await;
    assert_eq!((absent.status.as_u16(), absent.json()), (404, json!({"resultCode":"NOT_FOUND","incidentId":"WEB-42"})));
    client.token = "wrong".to_owned();
    let wrong = client.ninja("/v2/devices").await;
    let body = json!({"error":"not_authenticated","error_description":"Invalid credentials","error_code":10});
    assert_eq!((wrong.status.as_u16(), wrong.json()), (401, body));
}

#[tokio::test]
async fn an_unknown_client_and_the_wrong_region_say_the_same() {
    let client = Client::plain(1, 0).await;
    let unknown = client.grant(&[("grant_type", "client_credentials"), ("client_id", "nobody")]).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["resultCode"], "Client app not exist");
    client.simulator.with_switches(|switches| switches.ninja.wrong_region = true);
    let fields =
        [("grant_type", "client_credentials"), ("client_id", "sim-client-id"), ("client_secret", "sim-client-secret")];
    assert_eq!(client.grant(&fields).await.json(), unknown.json());
    assert_eq!(client.ninja("/v2/devices").await.status, 401);
}

async fn refresh(client: &Client, token: &str) -> (u16, Value) {
    let answer = client
        .grant(&[
            ("grant_type", "refresh_token"),
            ("client_id", "sim-client-id"),
            ("client_secret", "sim-client-secret"),
            ("refresh_token", token),
        ])
        .await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_rotating_refresh_token_works_once() {
    let client = Client::plain(1, 0).await;
    let first = client.simulator.credentials().refresh_token;
    let (status, body) = refresh(&client, &first).await;
    assert_eq!((status, &body["expires_in"], body.get("scope")), (200, &json!(3600), None));
    assert_eq!(refresh(&client, &first).await, (400, json!({"error": "invalid_token"})));
    assert_eq!(body["refresh_token"], client.simulator.credentials().refresh_token.as_str());
    assert_eq!(refresh(&client, body["refresh_token"].as_str().unwrap()).await.0, 200);
}

#[tokio::test]
async fn without_rotation_the_same_refresh_token_works_for_ever() {
    let client = Client::plain(1, 0).await;
    client.simulator.with_switches(|switches| switches.ninja.rotate_refresh = false);
    let token = client.simulator.credentials().refresh_token;
    for _ in 0..2 {
        let (status, body) = refresh(&client, &token).await;
        assert_eq!((status, body.get("refresh_token")), (200, None));
    }
}

#[tokio::test]
async fn tokens_end_by_time_and_by_revocation() {
    let mut client = Client::plain(1, 0).await;
    client.simulator.revoke_access_tokens();
    assert_eq!(client.ninja("/v2/devices").await.status, 401);
    client.simulator.with_switches(|switches| switches.ninja.token_ttl = Duration::ZERO);
    client.log_in().await;
    assert_eq!(client.ninja("/v2/devices").await.status, 401);
    let token = client.simulator.credentials().refresh_token;
    client.simulator.revoke_refresh_token();
    assert_eq!(refresh(&client, &token).await.0, 400);
}

#[tokio::test]
async fn paging_by_the_highest_id_brings_every_device_once() {
    for (count, size) in [(101, 50), (100, 50), (7, 1000), (0, 10)] {
        let client = Client::plain(count, 0).await;
        let rows = client.all("/v2/devices", size).await;
        assert_eq!((rows.len(), distinct(&rows, "id")), (count, count));
        let pages = client.simulator.request_counts()["/ninja/v2/devices"];
        assert_eq!(pages, (count.div_ceil(size) + 1) as u64);
        assert_eq!(client.simulator.requests()[0].param("pageSize"), Some(size.to_string().as_str()));
        assert!(client.simulator.requests()[0].header("authorization").unwrap().starts_with("Bearer "));
    }
}

#[tokio::test]
async fn both_prefixes_and_both_token_paths_work() {
    let client = Client::plain(4, 0).await;
    assert_eq!(client.ninja("/api/v2/devices").await.rows().len(), 4);
    assert_eq!(client.ninja("/v2/devices?page=2&limit=1").await.rows().len(), 4);
    let url = format!("{}/oauth/token", client.running.ninja_url());
    assert_eq!(client.http.post(url).form(&[("grant_type", "x")]).send().await.unwrap().status(), 404);
    assert_eq!(client.simulator.request_counts()["/ninja/v2/devices"], 2);
}

#[tokio::test]
async fn shuffled_pages_hold_the_lowest_ids_in_no_order() {
    let client = Client::plain(100, 0).await;
    client.simulator.with_switches(|switches| switches.ninja.ids = IdOrder::Shuffled);
    assert_eq!(distinct(&client.all("/v2/devices", 30).await, "id"), 100);
    let page = client.ninja("/v2/devices?pageSize=30").await.rows();
    assert!(!page.is_sorted_by_key(|row| row["id"].as_i64().unwrap()));
}

#[tokio::test]
async fn a_repeated_page_comes_again_whatever_is_asked() {
    let client = Client::plain(30, 0).await;
    client.simulator.with_switches(|switches| switches.ninja.paging.page_repeat_at = Some(2));
    let first = client.ninja("/v2/devices?pageSize=10").await.rows();
    let after = first.last().unwrap()["id"].as_i64().unwrap();
    assert_eq!(client.ninja(&format!("/v2/devices?pageSize=10&after={after}")).await.rows(), first);
    let report = client.ninja("/v2/queries/device-health?pageSize=10").await.json();
    let path = format!("/v2/queries/device-health?pageSize=10&cursor={}", report["cursor"]["name"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(client.ninja(&path).await.json()["results"], report["results"]);
    }
}

#[tokio::test]
async fn rows_appear_and_disappear_between_pages() {
    let client = Client::plain(30, 0).await;
    client.simulator.with_switches(|switches| switches.ninja.paging.insert_row_between_pages = 1);
    assert_eq!(client.all("/v2/devices", 10).await.len(), 31);
    client.simulator.with_switches(|switches| switches.ninja.paging.delete_row_between_pages = 1);
    assert_eq!(client.all("/v2/devices", 10).await.len(), 30);
}

#[tokio::test]
async fn the_device_filter_filters_and_can_be_ignored() {
    let client = Client::new(FleetPlan::default()).await;
    let all = client.ninja("/v2/devices").await.rows();
    assert_eq!(all.len(), client.simulator.census().ninja_listed);
    assert!(!column(&all, "approvalStatus").contains(&json!("PENDING")));
    let approved = client.ninja("/v2/devices?df=status%20%3D%20APPROVED").await.rows();
    assert_eq!(approved.len(), 760);
    let pending = client.ninja("/v2/devices?df=status%3DPENDING").await.rows();
    assert_eq!(pending.len(), 5);
    let of = "/v2/devices-detailed?df=org%20%3D%2011%20AND%20class%20in%20(WINDOWS_WORKSTATION)";
    let some = client.ninja(of).await.rows();
    assert!(
        !some.is_empty()
            && some.iter().all(|row| row["organizationId"] == 11 && row["nodeClass"] == "WINDOWS_WORKSTATION")
    );
    assert_eq!(client.ninja("/v2/devices?df=nonsense").await.status, 400);
    client.simulator.with_switches(|switches| switches.ninja.df_ignored = true);
    assert_eq!(client.ninja(of).await.rows().len(), all.len());
    let own = client.ninja("/v2/organization/11/devices").await.rows();
    assert!(own.len() > some.len() && own.iter().all(|row| row["organizationId"] == 11));
    assert_eq!(client.ninja("/v2/organization/4/devices").await.status, 404);
}

#[tokio::test]
async fn times_have_nine_decimals_and_absent_keys_are_left_out() {
    let client = Client::new(FleetPlan::default()).await;
    let answer = client.ninja("/v2/devices-detailed").await;
    for key in ["\"created\":", "\"lastBootTime\":"] {
        for part in answer.text.split(key).skip(1) {
            let number: String = part.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
            assert_eq!(number.split_once('.').unwrap().1.len(), 9, "{key}{number}");
        }
    }
    assert!(!answer.text.contains(":null"));
    let rows = answer.rows();
    assert!(rows.iter().any(|row| row.get("displayName").is_none()));
    let kind = |kind: &str| rows.iter().find(|row| row["deviceType"] == kind).unwrap();
    for key in ["os", "system", "memory", "processors", "volumes", "ipAddresses", "macAddresses", "publicIP"] {
        let agents = rows.iter().filter(|row| row["nodeClass"] == "WINDOWS_SERVER");
        assert!(agents.clone().count() > 0 && agents.clone().all(|row| row.get(key).is_some()), "{key}");
    }
    let host = kind("VMHost");
    assert!(host.get("os").is_none() && host.get("system").is_none() && host["serviceTag"].is_string());
    assert!(host["macAddresses"][0].as_str().unwrap().chars().all(|letter| !letter.is_ascii_uppercase()));
    assert!(kind("VMGuest")["parentDeviceId"].is_i64());
    let basic = client.ninja("/v2/devices").await.rows();
    assert!(basic.iter().all(|row| row.get("deviceType").is_none() && row.get("os").is_none()));
}

#[tokio::test]
async fn one_device_is_shown_as_in_the_list_and_found_by_search() {
    let client = Client::new(FleetPlan::default()).await;
    let listed = client.ninja("/v2/devices-detailed?pageSize=1").await.rows().remove(0);
    let id = listed["id"].as_i64().unwrap();
    assert_eq!(client.ninja(&format!("/v2/device/{id}")).await.json(), listed);
    let name = listed["systemName"].as_str().unwrap();
    let found = client.ninja(&format!("/v2/devices/search?q={}&limit=5", name.to_lowercase())).await.json();
    assert!(column(found["devices"].as_array().unwrap(), "id").contains(&json!(id)));
    assert_eq!(client.ninja("/v2/devices/search?q=nobody-has-this").await.json()["devices"], json!([]));
}

#[tokio::test]
async fn catalogs_have_the_shapes_of_the_vendor() {
    let client = Client::new(FleetPlan::default()).await;
    let organizations = client.all("/v2/organizations", 15).await;
    assert_eq!(organizations.len(), 40);
    assert!(organizations.iter().all(|row| row["nodeApprovalMode"].is_string()));
    let detailed = client.ninja("/v2/organizations-detailed").await.rows();
    assert!(detailed.iter().all(|row| row["locations"][0]["id"].is_i64() && row["settings"].is_object()));
    let locations = client.all("/v2/locations", 20).await;
    let known = |id: &Value| locations.iter().any(|row| row["id"] == *id);
    let devices = client.ninja("/v2/devices").await.rows();
    assert!(devices.iter().all(|row| known(&row["locationId"])));
    let roles = client.ninja("/v2/roles").await.rows();
    assert!(devices.iter().all(|row| column(&roles, "id").contains(&row["nodeRoleId"])));
}

async fn walk(client: &Client, report: &str, size: usize) -> (Vec<Value>, Vec<Value>) {
    let (mut rows, mut names, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = client.ninja(&format!("/v2/queries/{report}?pageSize={size}{cursor}")).await.json();
        rows.extend(page["results"].as_array().unwrap().clone());
        let Some(name) = page["cursor"]["name"].as_str() else { return (rows, names) };
        assert_eq!(page["cursor"]["offset"], rows.len());
        names.push(json!(name));
        cursor = format!("&cursor={name}");
    }
}

#[tokio::test]
async fn reports_are_paged_by_a_cursor_that_moves_under_one_name() {
    let client = Client::new(FleetPlan::default()).await;
    for report in [
        "computer-systems",
        "operating-systems",
        "processors",
        "volumes",
        "network-interfaces",
        "device-health",
        "custom-fields",
    ] {
        let (rows, names) = walk(&client, report, 150).await;
        let whole = client.ninja(&format!("/v2/queries/{report}?pageSize=10000")).await.json();
        assert!(whole.get("cursor").is_none());
        assert_eq!(whole["results"], json!(rows), "{report}");
        assert!(names.len() > 1 && names.iter().all(|name| *name == names[0]));
    }
    let volumes = client.ninja("/v2/queries/volumes?pageSize=1&include=bl").await;
    assert!(volumes.json()["results"][0]["bitLockerStatus"].is_object());
    assert_eq!(client.ninja("/v2/queries/software").await.status, 404);
}

#[tokio::test]
async fn a_changing_cursor_closes_its_old_name_and_a_retried_page_has_moved() {
    let client = Client::plain(50, 40).await;
    let first = client.ninja("/v2/queries/device-health?pageSize=20").await.json();
    let path = format!("/v2/queries/device-health?pageSize=20&cursor={}", first["cursor"]["name"].as_str().unwrap());
    let second = client.ninja(&path).await.json();
    assert_ne!(client.ninja(&path).await.json()["results"], second["results"]);
    assert_eq!(client.ninja(&path).await.status, 404);
    client.simulator.with_switches(|switches| switches.ninja.cursor_name = CursorName::Changing);
    let (rows, names) = walk(&client, "device-health", 20).await;
    assert_eq!((rows.len(), names.len()), (50, 2));
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn an_expired_cursor_answers_as_switched() {
    let client = Client::plain(50, 40).await;
    client.simulator.with_switches(|switches| switches.ninja.cursor_ttl = Duration::ZERO);
    let first = client.ninja("/v2/queries/device-health?pageSize=20").await.json();
    let path = format!("/v2/queries/device-health?cursor={}", first["cursor"]["name"].as_str().unwrap());
    for (how, status) in
        [(ExpiredCursor::NotFound, 404), (ExpiredCursor::BadRequest, 400), (ExpiredCursor::EmptyPage, 200)]
    {
        client.simulator.with_switches(|switches| switches.ninja.expired_cursor = how);
        assert_eq!(client.ninja(&path).await.status, status);
    }
    assert_eq!(client.ninja(&path).await.json(), json!({"results": []}));
}

#[tokio::test]
async fn keys_can_be_dropped_and_optional_fields_nulled() {
    let client = Client::plain(40, 30).await;
    client.simulator.with_switches(|switches| {
        switches.ninja.rows.drop_keys = vec!["lastContact".to_owned(), "system.serialNumber".to_owned()];
    });
    let rows = client.ninja("/v2/devices-detailed").await.rows();
    assert!(rows.iter().all(|row| row.get("lastContact").is_none() && row["system"].get("serialNumber").is_none()));
    assert!(rows.iter().any(|row| row["system"]["biosSerialNumber"].is_string()));
    client.simulator.with_switches(|switches| switches.ninja.rows.null_optional_fields = true);
    let rows = client.ninja("/v2/devices-detailed").await.rows();
    assert!(rows.iter().all(|row| row["id"].is_i64() && row["nodeClass"].is_string()));
    assert!(rows.iter().all(|row| row.get("displayName") == Some(&Value::Null) && row.get("os") == Some(&Value::Null)));
}

#[tokio::test]
async fn edits_show_in_lists_details_and_reports_and_survive_the_day() {
    let client = Client::new(FleetPlan::default()).await;
    let pick = |row: &&Value| row["nodeClass"] == "WINDOWS_SERVER";
    let listed = client.ninja("/v2/devices").await.rows();
    let id = listed.iter().find(pick).unwrap()["id"].as_i64().unwrap();
    let gone = listed.last().unwrap()["id"].as_i64().unwrap();
    client.simulator.edit(|world| {
        world.rename_ninja_device(id, "renamed-by-a-test-long");
        world.move_ninja_device(id, 5);
        world.ninja_device(id).set("system.serialNumber", "TEST-1").null("displayName").drop_key("uid");
        world.ninja_custom_fields(id).set("hastpm", true);
        world.ninja_device(gone).remove();
        world.ninja_organization(5).set("name", "Renamed");
        world.add_ninja_device(
            json!({"id": 3, "organizationId": 5, "nodeClass": "WINDOWS_SERVER", "approvalStatus": "APPROVED",
            "systemName": "ADDED", "system": {"serialNumber": "X"}, "deviceType": "AgentDevice"}),
        );
    });
    client.simulator.set_day(client.simulator.day() + chrono::Days::new(1));
    let device = client.ninja(&format!("/v2/device/{id}")).await.json();
    assert_eq!((&device["systemName"], &device["organizationId"]), (&json!("renamed-by-a-te"), &json!(5)));
    assert!(device["displayName"].is_null() && device.get("uid").is_none());
    let path = format!("/v2/queries/computer-systems?df=id%20in%20({id},3)");
    let systems = client.ninja(&path).await.json();
    assert_eq!(column(systems["results"].as_array().unwrap(), "serialNumber"), [json!("X"), json!("TEST-1")]);
    assert_eq!(client.ninja(&format!("/v2/device/{id}/custom-fields")).await.json()["hastpm"], true);
    assert_eq!(client.ninja(&format!("/v2/device/{gone}")).await.status, 404);
    assert_eq!(client.ninja("/v2/organizations").await.rows()[0]["name"], "Renamed");
    let basic = client.ninja("/v2/devices?pageSize=1").await.rows();
    assert_eq!((&basic[0]["id"], basic[0].get("system")), (&json!(3), None));
    client.simulator.edit(simulator::World::forget_edits);
    assert_eq!(client.ninja("/v2/device/3").await.status, 404);
}

#[tokio::test]
async fn contact_times_follow_the_day() {
    let client = Client::plain(60, 40).await;
    let newest = async || {
        let rows = client.ninja("/v2/devices").await.rows();
        rows.iter().filter_map(|row| row["lastContact"].as_f64()).fold(0.0, f64::max)
    };
    let before = newest().await;
    client.simulator.set_day(client.simulator.day() + chrono::Days::new(1));
    let passed = newest().await - before;
    assert!((80_000.0..95_000.0).contains(&passed), "{passed}");
}
