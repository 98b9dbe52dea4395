import type { Context } from "hono";
import type { Service } from "../service.ts";
import type { Warehouses } from "./warehouses.ts";

const base = "/api/2.0/sql/warehouses";

const describe = (warehouses: Warehouses, id: string, context: Context) => {
  const { hostname, port, protocol } = new URL(context.req.url);
  return {
    id,
    name: "Tracelake local workspace",
    state: warehouses.state(id),
    cluster_size: "2X-Small",
    min_num_clusters: 1,
    max_num_clusters: 1,
    num_clusters: 1,
    auto_stop_mins: 0,
    enable_serverless_compute: true,
    warehouse_type: "PRO",
    odbc_params: {
      hostname,
      path: `/sql/1.0/warehouses/${id}`,
      protocol: protocol.replace(":", ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
    },
  };
};

/**
 * SQL warehouses: clients look whether theirs runs, and start it where it does not.
 *
 * @see https://docs.databricks.com/api/workspace/warehouses
 */
export const warehousesService: Service = {
  name: "warehouses",
  mount: (app, { warehouses }) => {
    app.get(base, (context) =>
      context.json({ warehouses: warehouses.ids.map((id) => describe(warehouses, id, context)) }),
    );
    app.get(`${base}/:id`, (context) => {
      const id = context.req.param("id");
      const answer = describe(warehouses, id, context);
      // Starting takes until somebody has looked.
      if (answer.state === "STARTING") warehouses.change(id, "RUNNING");
      return context.json(answer);
    });
    app.post(`${base}/:id/start`, (context) => {
      const id = context.req.param("id");
      warehouses.change(id, warehouses.state(id) === "RUNNING" ? "RUNNING" : "STARTING");
      return context.json({});
    });
    app.post(`${base}/:id/stop`, (context) => {
      warehouses.change(context.req.param("id"), "STOPPED");
      return context.json({});
    });
  },
};
