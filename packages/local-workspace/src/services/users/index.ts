import { currentUser } from "../../current-user.ts";
import { principalOf } from "../../http/principal.ts";
import type { Service } from "../service.ts";

/**
 * Who asks.
 *
 * @see https://docs.databricks.com/api/workspace/currentuser/me
 */
export const usersService: Service = {
  name: "users",
  mount: (app, { tokens }) => {
    app.get("/api/2.0/preview/scim/v2/Me", (context) => {
      const name = principalOf(context, tokens);
      const groups = name === currentUser ? ["admins", "users"] : ["users"];
      return context.json({
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
        id: name,
        userName: name,
        displayName: name,
        active: true,
        groups: groups.map((display) => ({ display, value: display, type: "direct" })),
      });
    });
  },
};
