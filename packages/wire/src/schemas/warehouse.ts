import { z } from "zod";

/**
 * A SQL warehouse: the answer of `GET /api/2.0/sql/warehouses/{id}`.
 *
 * @see https://docs.databricks.com/api/workspace/warehouses/get
 */
export const warehouseSchema = z.looseObject({
  id: z.string().optional(),
  name: z.string().optional(),
  /** `RUNNING`, `STARTING`, `STOPPED`, `STOPPING`, `DELETING` or `DELETED`. */
  state: z.string().optional(),
});

/** A SQL warehouse as {@link warehouseSchema} reads it. */
export type Warehouse = z.infer<typeof warehouseSchema>;
