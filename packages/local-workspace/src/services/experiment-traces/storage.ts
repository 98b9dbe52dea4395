import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { formatTraceId, parseJson, tablesOf, parseLocation } from "@tracelake/wire";
import type { Context, Hono } from "hono";
import { readBody } from "../../http/body.ts";
import { invalidParameter } from "../../http/errors.ts";
import { signedPrefix } from "../../http/guards.ts";
import { checked } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import type { TraceName } from "../../store/traces/trace-store.ts";
import type { ServiceContext } from "../service.ts";
import { readTraceData, traceDataSchema, writeTraceData } from "./trace-data.ts";
import { experimentTraceIn } from "./trace-name.ts";

const lifetimeMillis = 15 * 60_000;

/** Addresses that are good for one trace, one method and some minutes, like those of a cloud's storage. */
class SignedAddresses {
  readonly #key = randomBytes(32);

  address(context: Context, otelTraceId: string, method: string): string {
    const end = Date.now() + lifetimeMillis;
    const { origin } = new URL(context.req.url);
    const signature = this.#sign(otelTraceId, method, end);
    return `${origin}${signedPrefix}${formatTraceId(otelTraceId)}/traces.json?end=${end}&signature=${signature}`;
  }

  /** @throws {Refusal} where the address was not made here, or is too old. */
  check(context: Context, otelTraceId: string): void {
    const end = Number(context.req.query("end"));
    const given = Buffer.from(context.req.query("signature") ?? "");
    const expected = Buffer.from(this.#sign(otelTraceId, context.req.method, end));
    if (given.length === expected.length && timingSafeEqual(given, expected) && Date.now() <= end) return;
    throw new Refusal({
      status: 403,
      errorCode: "PERMISSION_DENIED",
      message: "The address is not signed, or too old.",
    });
  }

  #sign(otelTraceId: string, method: string, end: number): string {
    return createHmac("sha256", this.#key).update(`${otelTraceId} ${method} ${end}`).digest("base64url");
  }
}

const parsed = (body: Buffer): unknown => {
  try {
    return parseJson(body.toString("utf8"));
  } catch {
    throw new Refusal(invalidParameter("The body is not JSON."));
  }
};

/**
 * Where clients leave the spans of a trace that belongs to an experiment, and fetch them: by addresses that they ask for,
 * as in a cloud's storage.
 */
export const mountStorage = (app: Hono, { store }: ServiceContext): void => {
  const addresses = new SignedAddresses();
  const file = `${signedPrefix}:trace/traces.json`;
  const signedTrace = async (context: Context): Promise<TraceName> => {
    const trace = await experimentTraceIn(store, context);
    addresses.check(context, trace.otelTraceId);
    return trace;
  };
  const credentials = (method: string) => async (context: Context) => {
    const { otelTraceId } = await experimentTraceIn(store, context);
    const signedUri = addresses.address(context, otelTraceId, method);
    return context.json({ credential_info: { type: "AWS_PRESIGNED_URL", signed_uri: signedUri, headers: [] } });
  };
  app.get("/api/2.0/mlflow/traces/:trace/credentials-for-data-upload", credentials("PUT"));
  app.get("/api/2.0/mlflow/traces/:trace/credentials-for-data-download", credentials("GET"));
  app.put(file, async (context) => {
    const { location } = await signedTrace(context);
    const spans = readTraceData(checked(traceDataSchema, parsed(await readBody(context))));
    const { spans: table } = tablesOf(parseLocation(location));
    await store.ingestTraces(table, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    return context.body(null, 200);
  });
  app.get(file, async (context) => {
    const { location, otelTraceId } = await signedTrace(context);
    const [trace] = await store.traces.getTraces(location, [otelTraceId]);
    const { spans = [] } = trace ?? {};
    if (spans.length === 0) return context.body("NoSuchKey", 404);
    return context.body(writeTraceData(spans), 200, { "content-type": "application/json" });
  });
};
