// What every client asks: a list in pages, one object of it, an order, and how it goes.
export const PAGE = 25;

export const DEVICES = /* GraphQL */ `
  query Devices($first: Int!, $after: String) {
    devices(first: $first, after: $after, orderBy: { field: HOSTNAME }) {
      totalCount
      edges { cursor node { id hostname organization { id name } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;

export const DEVICE = /* GraphQL */ `
  query OneDevice($id: ID!) {
    device(id: $id) { id hostname billing openExceptions { id type } }
  }
`;

export const START = /* GraphQL */ `
  mutation Start {
    startCollection(input: { vendors: [NINJA], runChecks: false }) {
      alreadyRunning
      batch { id status }
      userErrors { code message field }
    }
  }
`;

export const PROGRESS = /* GraphQL */ `
  subscription Progress($batchId: ID!) {
    jobProgress(batchId: $batchId) { id name status progressPercent rowsStored }
  }
`;

export const REFUSED = /* GraphQL */ `
  mutation Refused { resumeSchedule(input: { schedule: "none" }) { changed userErrors { code } } }
`;
