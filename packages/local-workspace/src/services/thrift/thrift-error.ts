/** Bytes that are no message of this service. */
export class ThriftError extends Error {
  override readonly name = "ThriftError";
}
