import { version } from "../../version.ts";
import type { Service } from "../service.ts";

/** Whether the server is there, which version it is, and the first question of every Databricks client. */
export const healthService: Service = {
  name: "health",
  mount: (app) => {
    app.get("/health", (context) => context.json({ status: "ok", pid: process.pid }));
    app.get("/version", (context) => context.text(version));
    // databricks-sdk asks at every start and warns when nothing answers.
    app.get("/.well-known/databricks-config", (context) =>
      context.json({ oidc_endpoint: `${new URL(context.req.url).origin}/oidc` }),
    );
  },
};
