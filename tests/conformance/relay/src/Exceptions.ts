// Pages backward and forward, a mutation that takes a row from its list, and a subscription.
import { graphql } from "relay-runtime";

export const list = graphql`
  fragment Exceptions_list on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "ExceptionsPageQuery") {
    exceptions(first: $first, after: $after, last: $last, before: $before, orderBy: { field: AGE, direction: DESC })
      @connection(key: "Exceptions_exceptions") {
      edges { node { id type hostname details } }
    }
  }
`;

export const query = graphql`
  query ExceptionsQuery($id: ID!) {
    ...Exceptions_list @arguments(first: 50)
    node(id: $id) { ... on Exception { status history(first: 5) { nodes { kind at } } } }
  }
`;

export const comment = graphql`
  mutation ExceptionsCommentMutation($input: CommentOnExceptionInput!, $connections: [ID!]!) {
    commentOnException(input: $input) {
      exception { id @deleteEdge(connections: $connections) version notes }
      userErrors { code message field }
    }
  }
`;

export const progress = graphql`
  subscription ExceptionsProgressSubscription($batchId: ID!) {
    jobProgress(batchId: $batchId) { id status progressPercent batch { id } }
  }
`;
