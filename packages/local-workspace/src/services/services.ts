import { experimentsService } from "./experiments/index.ts";
import { healthService } from "./health/index.ts";
import { otlpService } from "./otlp/index.ts";
import type { Service } from "./service.ts";
import { sqlService } from "./sql/index.ts";
import { tracesService } from "./traces/index.ts";

/** Everything that a workspace serves. */
export const services: readonly Service[] = [healthService, otlpService, tracesService, experimentsService, sqlService];
