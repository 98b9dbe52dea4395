import { z } from "zod";

/** Who may do what with a securable. */
export const privilegeAssignmentsSchema = z.looseObject({
  privilege_assignments: z
    .array(
      z.looseObject({
        principal: z.string().default(""),
        privileges: z.array(z.union([z.string(), z.looseObject({ privilege: z.string().default("") })])).default([]),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});

/**
 * The answer of `GET /api/2.1/unity-catalog/permissions/…` (names of privileges granted directly) and of
 * `…/effective-permissions/…` (also inherited ones, as objects).
 *
 * @see https://docs.databricks.com/api/workspace/grants
 */
export type PrivilegeAssignments = z.infer<typeof privilegeAssignmentsSchema>;

/**
 * A table: the answer of `GET /api/2.1/unity-catalog/tables/{full_name}`, as far as it tells a generation.
 *
 * @see https://docs.databricks.com/api/workspace/tables/get
 */
export const catalogTableSchema = z.looseObject({
  owner: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
  columns: z.array(z.looseObject({ name: z.string(), type_text: z.string().default("") })).default([]),
});

/** A catalog or schema: the answer of `GET /api/2.1/unity-catalog/{catalogs,schemas}/{full_name}`, as far as it tells an owner. */
export const ownedSchema = z.looseObject({ owner: z.string().optional() });

/** A table as {@link catalogTableSchema} reads it; `type_text` is the SQL type. */
export type CatalogTable = z.infer<typeof catalogTableSchema>;

/** Who asks: the answer of `GET /api/2.0/preview/scim/v2/Me`. A service principal's `userName` is its application id. */
export const currentUserSchema = z.looseObject({
  userName: z.string().default(""),
  groups: z.array(z.looseObject({ display: z.string().default("") })).default([]),
});

/** Who asks, as {@link currentUserSchema} reads it. */
export type CurrentUser = z.infer<typeof currentUserSchema>;
