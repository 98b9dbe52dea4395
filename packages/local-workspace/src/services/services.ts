import { assessmentsService } from "./assessments/index.ts";
import { catalogService } from "./catalog/index.ts";
import { experimentTracesService } from "./experiment-traces/index.ts";
import { experimentsService } from "./experiments/index.ts";
import { healthService } from "./health/index.ts";
import { oidcService } from "./oidc/index.ts";
import { otlpService } from "./otlp/index.ts";
import { runsService } from "./runs/index.ts";
import { scheduledScorersService } from "./scheduled-scorers/index.ts";
import { scorersService } from "./scorers/index.ts";
import { permissionsService } from "./permissions/index.ts";
import type { Service } from "./service.ts";
import { sqlService } from "./sql/index.ts";
import { traceLocationsService } from "./trace-locations/index.ts";
import { thriftService } from "./thrift/index.ts";
import { tracesService } from "./traces/index.ts";
import { usersService } from "./users/index.ts";
import { warehousesService } from "./warehouses/index.ts";

/** Everything that a workspace serves. */
export const services: readonly Service[] = [
  healthService,
  oidcService,
  otlpService,
  experimentsService,
  runsService,
  traceLocationsService,
  tracesService,
  experimentTracesService,
  assessmentsService,
  scorersService,
  scheduledScorersService,
  usersService,
  catalogService,
  permissionsService,
  warehousesService,
  sqlService,
  thriftService,
];
