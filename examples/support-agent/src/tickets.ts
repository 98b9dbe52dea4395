import { readFileSync } from "node:fs";
import type { Ticket } from "./agent.ts";

/** The bundled tickets, in the order in which they came in. */
export function readTickets(): Ticket[] {
  return JSON.parse(readFileSync(new URL("../tickets.json", import.meta.url), "utf8")) as Ticket[];
}
