//! The committed contract is what the server has.

#[test]
fn the_committed_schema_is_what_the_server_has() {
    let committed = include_str!("../../schema.graphql");
    assert!(committed == server::graphql::sdl(), "schema.graphql is out of date: run `make schema` and commit it");
}
