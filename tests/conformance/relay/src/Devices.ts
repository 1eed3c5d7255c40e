// A list in pages that is asked again by itself: Relay takes the schema only if its connections, its PageInfo and its Node
// are as Relay's specification says.
import { graphql } from "relay-runtime";

export const query = graphql`
  query DevicesQuery($filter: DeviceFilter) {
    ...Devices_list @arguments(filter: $filter)
    schedule { name nextRuns { at } }
  }
`;

export const list = graphql`
  fragment Devices_list on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 25 }
    after: { type: "String" }
    filter: { type: "DeviceFilter" }
  )
  @refetchable(queryName: "DevicesPageQuery") {
    devices(first: $first, after: $after, filter: $filter) @connection(key: "Devices_devices", filters: ["filter"]) {
      totalCount
      edges { node { id ...Devices_row } }
    }
  }
`;

// A row by itself, through node(id:).
export const row = graphql`
  fragment Devices_row on Device @refetchable(queryName: "DevicesRowQuery") {
    hostname
    billing
    organization { name }
  }
`;

// A list inside a row, in pages, through node(id:).
export const history = graphql`
  fragment Devices_history on Device
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
  @refetchable(queryName: "DevicesHistoryQuery") {
    history(first: $first, after: $after) @connection(key: "Devices_history") {
      edges { node { date field from to } }
    }
  }
`;
