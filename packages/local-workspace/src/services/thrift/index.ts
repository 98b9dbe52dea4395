import type { Context } from "hono";
import { readBody } from "../../http/body.ts";
import { invalidParameter } from "../../http/errors.ts";
import { principalOf } from "../../http/principal.ts";
import { Refusal } from "../../http/refusal.ts";
import { messageOf } from "../../message-of.ts";
import type { Service } from "../service.ts";
import { Calls } from "./calls.ts";
import { readCall, writeReply, writeUnknownMethod } from "./messages.ts";
import { methods, writeFailure } from "./methods.ts";
import { ThriftError } from "./thrift-error.ts";

/**
 * One call of TCLIService and its answer.
 *
 * @throws {ThriftError} where the bytes are no call. A method that fails answers with a status that says so.
 */
const answerCall = async (calls: Calls, body: Uint8Array, user: string): Promise<Uint8Array> => {
  const call = readCall(body);
  const method = methods.get(call.method);
  if (method === undefined) return writeUnknownMethod(call);
  const run = method(calls, call.args, user);
  try {
    return writeReply(call, await run());
  } catch (error) {
    return writeReply(call, (writer) => writeFailure(writer, messageOf(error)));
  }
};

/** The paths of SQL warehouses and of clusters; whichever one is named, it is this workspace. */
const paths = [
  "/sql/1.0/warehouses/:warehouse",
  "/sql/1.0/endpoints/:warehouse",
  "/sql/protocolv1/o/:workspace/:cluster",
];

/**
 * SQL as drivers speak it: TCLIService in Thrift's binary protocol, one call a request.
 *
 * @see https://docs.databricks.com/aws/en/integrations/compute-details
 */
export const thriftService: Service = {
  name: "thrift",
  mount: (app, { store, tokens }) => {
    const calls = new Calls(store.statements);
    const answer = async (context: Context): Promise<Response> => {
      const body = await readBody(context);
      try {
        const reply = await answerCall(calls, body, principalOf(context, tokens));
        return context.body(Buffer.from(reply.buffer as ArrayBuffer, reply.byteOffset, reply.byteLength), 200, {
          "Content-Type": "application/x-thrift",
        });
      } catch (error) {
        if (!(error instanceof ThriftError)) throw error;
        throw new Refusal(invalidParameter(`The body is no call of TCLIService: ${error.message}.`));
      }
    };
    for (const path of paths) app.post(path, answer);
  },
};
