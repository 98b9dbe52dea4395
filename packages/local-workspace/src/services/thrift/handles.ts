import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { OperationHandle, SessionHandle } from "./structs.ts";

type Identifier = NonNullable<SessionHandle["sessionId"]>;

const secretBytes = 16;

const toBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll("-", ""), "hex");

const toUuid = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** Handles of sessions and operations: an id that is a UUID, and a secret that proves it came from this start. */
export class Handles {
  readonly #key = randomBytes(32);

  #secret(guid: Uint8Array): Buffer {
    return createHmac("sha256", this.#key).update(guid).digest().subarray(0, secretBytes);
  }

  #identifier(uuid: string): Identifier {
    const guid = toBytes(uuid);
    return { guid, secret: this.#secret(guid) };
  }

  #uuid({ guid, secret }: Identifier): string | undefined {
    if (guid === undefined || secret?.length !== secretBytes) return undefined;
    return timingSafeEqual(secret, this.#secret(guid)) ? toUuid(guid) : undefined;
  }

  ofSession(id: string): SessionHandle {
    return { sessionId: this.#identifier(id) };
  }

  ofOperation(id: string, operationType: number, hasResultSet: boolean): OperationHandle {
    return { operationId: this.#identifier(id), operationType, hasResultSet };
  }

  sessionId(handle: SessionHandle | undefined): string | undefined {
    return this.#uuid(handle?.sessionId ?? {});
  }

  operationId(handle: OperationHandle | undefined): string | undefined {
    return this.#uuid(handle?.operationId ?? {});
  }
}
