// Serves the tables of DATABASE_URL at http://127.0.0.1:$PORT/graphql by two workers.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { grafserv } from "postgraphile/grafserv/node";

if (cluster.isPrimary) {
  let ready = 0;
  for (let worker = 0; worker < 2; worker += 1) cluster.fork();
  cluster.on("message", () => {
    ready += 1;
    if (ready === 2) console.log("ready");
  });
} else {
  const preset = {
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
    grafast: { explain: false },
  };
  const server = createServer();
  server.on("error", (error) => {
    throw error;
  });
  const serv = postgraphile(preset).createServ(grafserv);
  await serv.addTo(server);
  server.listen(Number(process.env.PORT), "127.0.0.1", () => process.send("ready"));
}
