import { quoteName } from "@tracelake/wire";
import type { Context } from "hono";
import { currentUser } from "../../current-user.ts";
import { SecurableKind, securableOf } from "../../store/grants.ts";
import type { Store } from "../../store/store.ts";
import type { Service } from "../service.ts";
import { noSecurable } from "./no-securable.ts";

const base = "/api/2.1/unity-catalog";

/** The full name that a path ends in, where there is something of that kind and name. */
const nameIn = async (context: Context, store: Store, kind: SecurableKind): Promise<string> => {
  const name = context.req.param("name") ?? "";
  const securable = securableOf(name);
  const isThere = securable.kind === kind && (await store.grants.on(securable)) !== undefined;
  if (!isThere) throw noSecurable({ ...securable, kind });
  return name;
};

const tableAnswer = async (store: Store, fullName: string) => {
  const [catalog = "", schema = "", name = ""] = fullName.split(".");
  const quoted = [catalog, schema, name].map(quoteName).join(".");
  const columns = (await store.query(`DESCRIBE TABLE ${quoted}`, {})).rows;
  const properties = (await store.query(`SHOW TBLPROPERTIES ${quoted}`, {})).rows;
  return {
    name,
    catalog_name: catalog,
    schema_name: schema,
    full_name: fullName,
    owner: await store.grants.ownerOf(securableOf(fullName)),
    properties: Object.fromEntries(properties),
    columns: columns.map(([column, type], position) => ({
      name: column,
      type_text: typeof type === "string" ? type.toLowerCase() : "",
      position,
      nullable: true,
    })),
  };
};

/**
 * Catalogs, schemas and tables, as far as clients ask about those of traces.
 *
 * @see https://docs.databricks.com/api/workspace/tables/get
 */
export const catalogService: Service = {
  name: "catalog",
  mount: (app, { store }) => {
    app.get(`${base}/catalogs/:name`, async (context) => {
      const name = await nameIn(context, store, SecurableKind.CATALOG);
      return context.json({ name, full_name: name, owner: currentUser });
    });
    app.get(`${base}/schemas/:name`, async (context) => {
      const fullName = await nameIn(context, store, SecurableKind.SCHEMA);
      const [catalog, name] = fullName.split(".");
      return context.json({ name, catalog_name: catalog, full_name: fullName, owner: currentUser });
    });
    app.get(`${base}/tables/:name`, async (context) =>
      context.json(await tableAnswer(store, await nameIn(context, store, SecurableKind.TABLE))),
    );
  },
};
