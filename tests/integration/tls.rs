//! TLS with a certificate of the test's own, over a hub process.

use std::path::Path;

use harness::{Backend, Surroundings};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};

/// Writes a new certificate and its key; answers a client that trusts it alone.
fn certify(folder: &Path) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = made;
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("certificate.pem"), cert.pem()).unwrap();
    let trusted = Certificate::from_pem(cert.pem().as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap()
}

#[tokio::test]
async fn a_hub_with_a_certificate_speaks_tls_and_takes_a_new_one_without_a_restart() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let folder = outside.database.folder();
    let client = certify(folder);
    let command = |arguments: &[&str]| {
        let command =
            outside.hub(arguments).set("HUB_TLS_CERTIFICATE", folder.join("certificate.pem").display().to_string());
        command.set("HUB_TLS_KEY", folder.join("key.pem").display().to_string())
    };
    let mut hub = command(&["serve"]).start();
    let url = hub.url().await;
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let ask = async |client: &Client| client.post(&url).json(&json!({ "query": "{ vendors { name } }" })).send().await;
    let answer = ask(&client).await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    assert!(answer.json::<Value>().await.unwrap()["data"]["vendors"].is_array());
    let address = url.trim_start_matches("https://").trim_end_matches("/graphql").to_owned();
    command(&["ready"]).set("HUB_LISTEN", &address).run().await.ended_with(0);
    let plain = harness::http_client().get(url.replacen("https", "http", 1)).send().await;
    assert!(plain.is_err(), "nothing is said in the clear: {plain:?}");
    let renewed = certify(folder);
    // A new client makes a new connection, which shows the new certificate.
    ask(&renewed).await.unwrap();
    let elsewhere = folder.join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    assert!(ask(&certify(&elsewhere)).await.is_err(), "it is no other certificate");
    hub.kill().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let folder = outside.database.folder();
    let half = outside.hub(&["serve"]).set("HUB_TLS_CERTIFICATE", "certificate.pem").run().await.ended_with(2);
    assert!(half.stderr.contains("HUB_TLS_KEY is missing"), "{half:?}");
    std::fs::write(folder.join("empty.pem"), "").unwrap();
    let empty = outside.hub(&["serve"]).set("HUB_TLS_CERTIFICATE", "empty.pem").set("HUB_TLS_KEY", "empty.pem");
    let empty = empty.run().await.ended_with(1);
    assert!(empty.stderr.contains("HUB_TLS_CERTIFICATE and HUB_TLS_KEY can't be used"), "{empty:?}");
}
