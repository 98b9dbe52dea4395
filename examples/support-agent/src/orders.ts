import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SpanType, trace } from "@tracelake/uc-exporter";

export interface Order {
  id: string;
  items: string;
  carrier: string;
  status: string;
}

const orders = JSON.parse(readFileSync(new URL("../orders.json", import.meta.url), "utf8")) as Order[];

const carrierTimeoutMillis = 150;

/** Thrown when a carrier's tracking service gives no answer in time. */
class CarrierTimeoutError extends Error {
  override name = "CarrierTimeoutError";
}

/** The order with this id. Throws when the shop has none. */
export function findOrder(orderId: string): Order {
  const order = orders.find(({ id }) => id === orderId);
  if (!order) throw new Error(`The shop has no order ${orderId}`);
  return order;
}

/**
 * Asks the carrier where the parcel of an order is. Throws a {@link CarrierTimeoutError} for Kestrel, which plays the
 * part of the outside service that is down, so that some traces hold an error.
 */
export const carrierStatus = trace(
  async function carrierStatus(carrier: string, orderId: string): Promise<string> {
    if (carrier === "Kestrel") {
      await sleep(carrierTimeoutMillis);
      throw new CarrierTimeoutError(`${carrier} gave no answer in ${carrierTimeoutMillis} ms`);
    }
    await sleep(5);
    return findOrder(orderId).status;
  },
  { name: "carrier_status", spanType: SpanType.TOOL },
);
