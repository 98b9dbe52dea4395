import type { Context } from "hono";
import { z } from "zod";
import { currentUser } from "../../current-user.ts";
import { invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { principalOf } from "../../http/principal.ts";
import { Refusal } from "../../http/refusal.ts";
import { SecurableKind, type Grant, type Securable } from "../../store/grants.ts";
import { noSecurable } from "../catalog/no-securable.ts";
import type { Service } from "../service.ts";

const base = "/api/2.1/unity-catalog";

const changesSchema = z.object({
  changes: z
    .array(
      z.object({
        principal: z.string().min(1),
        add: z.array(z.string()).default([]),
        remove: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const isKind = (text: string): text is SecurableKind => Object.hasOwn(SecurableKind, text);

const depths = { CATALOG: 1, SCHEMA: 2, TABLE: 3 } as const;

/** The securable that a path names. */
const securableIn = (context: Context): Securable => {
  const kind = (context.req.param("kind") ?? "").toUpperCase();
  if (!isKind(kind))
    throw new Refusal(invalidParameter(`Invalid securable type: ${kind}. Use catalog, schema or table.`));
  const parts = (context.req.param("name") ?? "").split(".");
  if (parts.length === depths[kind] && parts.every((part) => part !== "")) return { kind, parts };
  throw new Refusal(invalidParameter(`'${parts.join(".")}' is not the full name of a ${kind.toLowerCase()}.`));
};

const byPrincipal = (grants: readonly Grant[], context: Context): [string, Grant[]][] => {
  const wanted = context.req.query("principal")?.toLowerCase();
  const groups = new Map<string, Grant[]>();
  for (const grant of grants) {
    if (wanted !== undefined && grant.principal.toLowerCase() !== wanted) continue;
    groups.set(grant.principal, [...(groups.get(grant.principal) ?? []), grant]);
  }
  return [...groups];
};

const isOn =
  ({ parts }: Securable) =>
  ({ on }: Grant): boolean =>
    on.parts.length === parts.length;

const directAnswer = (grants: readonly Grant[], securable: Securable, context: Context) => ({
  privilege_assignments: byPrincipal(grants.filter(isOn(securable)), context).map(([principal, own]) => ({
    principal,
    privileges: own.map(({ privilege }) => privilege),
  })),
});

const effectiveAnswer = (grants: readonly Grant[], securable: Securable, context: Context) => ({
  privilege_assignments: byPrincipal(grants, context).map(([principal, own]) => ({
    principal,
    privileges: own.map((grant) => ({
      privilege: grant.privilege,
      ...(isOn(securable)(grant)
        ? {}
        : { inherited_from_type: grant.on.kind, inherited_from_name: grant.on.parts.join(".") }),
    })),
  })),
});

const notOwner = new Refusal({
  status: 403,
  errorCode: "PERMISSION_DENIED",
  message: `User does not have MANAGE on what ${currentUser} owns.`,
});

const spelled = (privilege: string): string => privilege.trim().toUpperCase().replaceAll(" ", "_");

/**
 * Grants on catalogs, schemas and tables.
 *
 * @see https://docs.databricks.com/api/workspace/grants
 */
export const permissionsService: Service = {
  name: "permissions",
  mount: (app, { store, tokens }) => {
    const read = (answer: typeof directAnswer | typeof effectiveAnswer) => async (context: Context) => {
      const securable = securableIn(context);
      const grants = await store.grants.on(securable);
      if (grants === undefined) throw noSecurable(securable);
      return context.json(answer(grants, securable, context));
    };
    app.get(`${base}/permissions/:kind/:name`, read(directAnswer));
    app.get(`${base}/effective-permissions/:kind/:name`, read(effectiveAnswer));
    app.patch(`${base}/permissions/:kind/:name`, async (context) => {
      const securable = securableIn(context);
      const owners = [currentUser, await store.grants.ownerOf(securable)];
      if (!owners.includes(principalOf(context, tokens))) throw notOwner;
      const { changes } = await readJson(context, changesSchema);
      for (const { principal, add, remove } of changes) {
        const change = { securable, principal, add: add.map(spelled), remove: remove.map(spelled) };
        if (!(await store.grants.change(change))) throw noSecurable(securable);
      }
      return read(directAnswer)(context);
    });
  },
};
