use serde_json::{Value, json};
use simulator::{EmptyList, FleetPlan, PaginationHeader, Revoked};

use crate::client::{Client, column, distinct};

const COMPUTERS: &str = "Computer/ComputerGetByAllParameters";
const CHILDREN: &str = "Organization/OrganizationGetChildOrganizationsByParameters";

async fn all(client: &Client, size: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    for number in 1.. {
        let page = client.computers(size, number).await.rows();
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    rows
}

#[tokio::test]
async fn the_defaults_of_the_vendor_hold() {
    let client = Client::new(FleetPlan::default()).await;
    let none = client.threatlocker(COMPUTERS, json!({})).await;
    assert_eq!((none.status.as_u16(), none.text.as_str()), (200, "[]"));
    let page = client.threatlocker(COMPUTERS, json!({"childOrganizations": true})).await;
    let totals =
        json!({"currentPage":1,"itemsPerPage":25,"totalItems":400,"totalPages":16,"firstItem":1,"lastItem":25});
    assert_eq!((page.rows().len(), page.pagination()), (25, Some(totals)));
    assert!(page.rows().iter().all(|row| row["totalRows"] == 400 && row["isDeleted"] == false));
    let unknown = client.threatlocker(COMPUTERS, json!({"pagesize": 10})).await;
    assert_eq!((unknown.status.as_u16(), &unknown.json()["StatusCode"]), (400, &json!(400)));
}

#[tokio::test]
async fn pages_by_name_bring_every_computer_once() {
    let client = Client::new(FleetPlan::default()).await;
    let rows = all(&client, 150).await;
    assert_eq!((rows.len(), distinct(&rows, "computerId")), (400, 400));
    let names: Vec<String> = rows.iter().map(|row| row["computerName"].as_str().unwrap().to_lowercase()).collect();
    assert!(names.is_sorted());
    assert_eq!(client.simulator.request_counts()["/threatlocker/Computer/ComputerGetByAllParameters"], 4);
}

#[tokio::test]
async fn sorted_by_last_checkin_rows_move_while_one_pages() {
    let client = Client::new(FleetPlan::default()).await;
    let walk = async || {
        let mut rows = Vec::new();
        for number in 1..=8 {
            let body =
                json!({"pageSize": 50, "pageNumber": number, "childOrganizations": true, "orderBy": "lastcheckin"});
            rows.extend(client.threatlocker(COMPUTERS, body).await.rows());
        }
        distinct(&rows, "computerId")
    };
    assert!(walk().await < 400);
    client.simulator.with_switches(|switches| switches.threatlocker.steady_last_checkin = true);
    assert_eq!(walk().await, 400);
}

#[tokio::test]
async fn the_key_and_the_path_are_read_as_the_vendor_does() {
    let client = Client::plain(5, 5).await;
    let base = client.running.threatlocker_url();
    let url = format!("{base}/portalApi/computer/COMPUTERGetByAllParameters");
    let key = client.simulator.credentials().threatlocker_api_key;
    let post = |authorization: String| {
        client.http.post(&url).header("Authorization", authorization).json(&json!({"childOrganizations": true})).send()
    };
    assert_eq!(post(key.clone()).await.unwrap().json::<Vec<Value>>().await.unwrap().len(), 5);
    let bearer = post(format!("Bearer {key}")).await.unwrap();
    assert_eq!((bearer.status().as_u16(), bearer.text().await.unwrap()), (403, "TOKEN_REVOKED".to_owned()));
    client.simulator.with_switches(|switches| {
        switches.threatlocker.wrong_region = true;
        switches.threatlocker.revoked = Revoked::Json;
    });
    let revoked = post(key).await.unwrap();
    assert_eq!(revoked.status(), 403);
    assert_eq!(revoked.json::<Value>().await.unwrap(), json!({"Message": "TOKEN_REVOKED"}));
    assert_eq!(client.http.post(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn scope_comes_from_the_managed_organization_header() {
    let client = Client::new(FleetPlan::default()).await;
    let rows = all(&client, 500).await;
    let one = rows[0]["organizationId"].as_str().unwrap().to_owned();
    let wanted = rows.iter().filter(|row| row["organizationId"] == one.as_str()).count();
    let credentials = client.simulator.credentials();
    let ask = async |name: &'static str, value: String| {
        let url = format!("{}/portalapi/{COMPUTERS}", client.running.threatlocker_url());
        let request =
            client.http.post(url).header("Authorization", &credentials.threatlocker_api_key).header(name, value);
        let body = json!({"pageSize": 500, "childOrganizations": true});
        request.json(&body).send().await.unwrap().json::<Vec<Value>>().await.unwrap()
    };
    assert_eq!(ask("managedOrganizationId", one.clone()).await.len(), wanted);
    assert_eq!(ask("ManagedOrganizationId", credentials.organization_id.clone()).await.len(), 400);
    assert_eq!(ask("OrganizationId", one).await.len(), 400);
    assert_eq!(ask("ManagedOrganizationId", "00000000-0000-0000-0000-00000000dead".to_owned()).await.len(), 0);
}

#[tokio::test]
async fn search_finds_by_name_user_group_address_and_organization() {
    let client = Client::new(FleetPlan::default()).await;
    let some = all(&client, 400).await.into_iter().find(|row| row["username"] != "").unwrap();
    for (by, key) in [(1, "hostname"), (2, "username"), (3, "group"), (4, "lastCheckinIPAddress"), (5, "organization")]
    {
        let text = some[key].as_str().unwrap().to_lowercase();
        let body = json!({"pageSize": 500, "childOrganizations": true, "searchText": text, "searchBy": by});
        let found = client.threatlocker(COMPUTERS, body).await.rows();
        assert!(column(&found, "computerId").contains(&some["computerId"]), "{key}");
        assert!(found.len() < 400 && found.iter().all(|row| row["totalRows"] == found.len()), "{key}");
    }
    let body = json!({"childOrganizations": true, "computerId": some["computerId"]});
    assert_eq!(client.threatlocker(COMPUTERS, body).await.rows().len(), 1);
}

#[tokio::test]
async fn deleted_rows_come_only_when_asked_for() {
    let client = Client::new(FleetPlan::default()).await;
    let body = json!({"pageSize": 1000, "childOrganizations": true, "showDeleted": true});
    let rows = client.threatlocker(COMPUTERS, body).await.rows();
    let deleted = rows.iter().filter(|row| row["isDeleted"] == true).count();
    assert!(deleted > 3 && rows.len() == 400 + deleted);
}

#[tokio::test]
async fn children_are_listed_for_a_parent_that_asks_for_them() {
    let client = Client::new(FleetPlan::default()).await;
    let body = json!({"pageSize": 30, "pageNumber": 2, "includeAllChildren": true});
    let page = client.threatlocker(CHILDREN, body).await;
    assert_eq!((page.rows().len(), &page.pagination().unwrap()["totalItems"]), (10, &json!(40)));
    let parent = client.simulator.credentials().organization_id;
    assert!(
        page.rows().iter().all(|row| row["parentId"] == parent.as_str() && row["organizationId"] != parent.as_str())
    );
    assert_eq!(client.threatlocker(CHILDREN, json!({})).await.rows().len(), 0);
    client.simulator.with_switches(|switches| switches.threatlocker.parent_token_without_children = true);
    assert_eq!(client.threatlocker(CHILDREN, json!({"includeAllChildren": true})).await.rows().len(), 0);
    assert_eq!(client.computers(500, 1).await.rows().len(), 0);
}

#[tokio::test]
async fn the_detail_and_the_checkins_of_one_computer() {
    let client = Client::plain(20, 20).await;
    let row = client.computers(1, 1).await.rows().remove(0);
    let id = row["computerId"].as_str().unwrap();
    let key = client.simulator.credentials().threatlocker_api_key;
    let detail = async |id: &str| {
        let url =
            format!("{}/portalapi/Computer/ComputerGetForEditById?computerId={id}", client.running.threatlocker_url());
        client.http.get(url).header("Authorization", &key).send().await.unwrap()
    };
    assert_eq!(detail(id).await.json::<Value>().await.unwrap()["name"], row["computerName"]);
    assert_eq!(detail("nobody").await.status(), 404);
    let call = "ComputerCheckin/ComputerCheckinGetByParameters";
    let checkins = client.threatlocker(call, json!({"computerId": id, "pageSize": 10, "pageNumber": 1})).await;
    assert_eq!((checkins.rows().len(), &checkins.rows()[0]["computerId"]), (10, &json!(id)));
    assert_eq!(client.threatlocker(call, json!({})).await.status, 400);
}

#[tokio::test]
async fn the_pagination_header_can_lie_and_be_missing() {
    let client = Client::plain(100, 100).await;
    let second = async |how: PaginationHeader| {
        client.simulator.with_switches(|switches| switches.threatlocker.pagination_header = how);
        client.computers(40, 2).await
    };
    assert_eq!(second(PaginationHeader::On).await.pagination().unwrap()["firstItem"], 41);
    assert!(!second(PaginationHeader::Off).await.headers.contains_key("pagination"));
    assert_eq!(second(PaginationHeader::Lowercase).await.pagination().unwrap()["totalitems"], 100);
    let stale = second(PaginationHeader::Stale).await.pagination().unwrap();
    assert_eq!((&stale["currentPage"], &stale["totalItems"]), (&json!(1), &json!(99)));
    let malformed = second(PaginationHeader::Malformed).await;
    assert!(malformed.headers.contains_key("pagination") && malformed.pagination().is_none());
}

#[tokio::test]
async fn pages_can_be_smaller_or_larger_than_asked_without_holes() {
    let client = Client::plain(100, 100).await;
    client.simulator.with_switches(|switches| switches.threatlocker.page_cap = Some(30));
    let page = client.computers(1000, 1).await;
    assert_eq!((page.rows().len(), &page.pagination().unwrap()["totalPages"]), (30, &json!(4)));
    assert_eq!(distinct(&all(&client, 1000).await, "computerId"), 100);
    client.simulator.with_switches(|switches| {
        switches.threatlocker.page_cap = None;
        switches.threatlocker.overfill = 7;
    });
    assert_eq!(client.computers(30, 1).await.rows().len(), 37);
    assert_eq!(distinct(&all(&client, 30).await, "computerId"), 100);
}

#[tokio::test]
async fn an_empty_list_can_be_zero_bytes() {
    let client = Client::plain(1, 0).await;
    assert_eq!(client.computers(10, 1).await.text, "[]");
    client.simulator.with_switches(|switches| switches.threatlocker.empty = EmptyList::ZeroBytes);
    assert_eq!(client.computers(10, 1).await.text, "");
}

#[tokio::test]
async fn pages_repeat_and_rows_come_and_go_between_them() {
    let client = Client::plain(90, 90).await;
    client.simulator.with_switches(|switches| switches.threatlocker.paging.page_repeat_at = Some(3));
    let second = client.computers(30, 2).await.rows();
    for number in [3, 4, 50] {
        assert_eq!(client.computers(30, number).await.rows(), second);
    }
    client.simulator.with_switches(|switches| {
        switches.threatlocker.paging.page_repeat_at = None;
        switches.threatlocker.paging.insert_row_between_pages = 1;
    });
    let rows = all(&client, 30).await;
    assert_eq!((rows.len(), distinct(&rows, "computerId")), (91, 90));
    client.simulator.with_switches(|switches| switches.threatlocker.paging.delete_row_between_pages = 1);
    let rows = all(&client, 30).await;
    assert_eq!((rows.len(), distinct(&rows, "computerId")), (90, 90));
    assert_eq!(client.computers(1, 1).await.rows()[0]["totalRows"], 90);
}

#[tokio::test]
async fn optional_fields_can_be_null_and_records_edited() {
    let client = Client::plain(10, 10).await;
    let row = client.computers(1, 1).await.rows().remove(0);
    let id = row["computerId"].as_str().unwrap().to_owned();
    client.simulator.edit(|world| {
        world.rename_computer(&id, "zzz-last");
        world.threatlocker_computer(&id).null("lastCheckin").drop_key("username");
        world.add_computer(
            json!({"computerId": "added", "computerName": "AAA", "hostname": "AAA", "organizationId": "x"}),
        );
    });
    let rows = client.computers(20, 1).await.rows();
    assert_eq!((rows.len(), &rows[0]["hostname"], &rows[10]["hostname"]), (11, &json!("AAA"), &json!("zzz-last")));
    assert!(rows[10]["lastCheckin"].is_null() && rows[10].get("username").is_none());
    client.simulator.with_switches(|switches| switches.threatlocker.rows.null_optional_fields = true);
    let rows = client.computers(20, 1).await.rows();
    assert!(rows.iter().all(|row| row["computerId"].is_string() && row["group"].is_null() && row["totalRows"] == 11));
    client.simulator.edit(|world| world.threatlocker_computer(&id).remove());
    assert_eq!(client.computers(20, 1).await.rows().len(), 10);
}

#[tokio::test]
async fn dates_have_zero_to_six_decimals_and_sometimes_no_zone() {
    let client = Client::new(FleetPlan::default()).await;
    let rows = all(&client, 500).await;
    let dates: Vec<&str> = rows.iter().map(|row| row["lastCheckin"].as_str().unwrap()).collect();
    let decimals = |text: &str| text.trim_end_matches('Z').split_once('.').map_or(0, |(_, digits)| digits.len());
    for wanted in [0, 2, 3, 6] {
        assert!(dates.iter().any(|date| decimals(date) == wanted), "{wanted}");
    }
    let bare = dates.iter().filter(|date| !date.ends_with('Z')).count();
    assert!(bare > 0 && bare < 40);
    assert!(rows.iter().all(|row| row["dateCreated"].is_null() && row.get("maintenenceBannerIds").is_some()));
    assert!(
        rows.iter().any(|row| row["installDate"].is_null()) && rows.iter().any(|row| row["installDate"].is_string())
    );
}
