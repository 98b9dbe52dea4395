import { createHash, generateKeyPair, randomBytes, sign, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import {
  bitString,
  boolean,
  contextual,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";

/** A self-signed certificate for 127.0.0.1, ::1 and localhost with its private key, both as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuthentication: "1.3.6.1.5.5.7.3.1",
} as const;

const dayMillis = 24 * 60 * 60 * 1000;
// Clients on macOS refuse server certificates that hold for longer than 825 days.
const lifetimeDays = 365;

const name = sequence(set(sequence(objectIdentifier(oid.commonName), utf8String("Tracelake local workspace"))));

const extension = (id: string, value: Uint8Array, options: { readonly critical: boolean }): Buffer =>
  sequence(objectIdentifier(id), ...(options.critical ? [boolean(true)] : []), octetString(value));

const dnsName = (text: string): Buffer => contextual(2, "instead", Buffer.from(text, "latin1"));
const ipAddress = (...bytes: readonly number[]): Buffer => contextual(7, "instead", Buffer.from(bytes));

const names = sequence(
  dnsName("localhost"),
  ipAddress(127, 0, 0, 1),
  ipAddress(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
);

// digitalSignature and keyCertSign: the certificate vouches for itself.
const keyUsages = bitString(Buffer.of(0b1000_0100), 2);

/** What Python's strict checks want of a root that is its own server certificate. */
const extensions = (publicKey: Uint8Array): Buffer => {
  const keyId = createHash("sha1").update(publicKey).digest();
  return sequence(
    extension(oid.basicConstraints, sequence(boolean(true)), { critical: true }),
    extension(oid.keyUsage, keyUsages, { critical: true }),
    extension(oid.extendedKeyUsage, sequence(objectIdentifier(oid.serverAuthentication)), { critical: false }),
    extension(oid.subjectAlternativeName, names, { critical: false }),
    extension(oid.subjectKeyIdentifier, octetString(keyId), { critical: false }),
    extension(oid.authorityKeyIdentifier, sequence(contextual(0, "instead", keyId)), { critical: false }),
  );
};

const serialNumber = (): Buffer => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return integer(bytes);
};

const uncompressedPointBytes = 65;

const toBeSigned = (publicKey: KeyObject, now: Date): Buffer => {
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  return sequence(
    contextual(0, "around", integer(Buffer.of(2))),
    serialNumber(),
    sequence(objectIdentifier(oid.ecdsaWithSha256)),
    name,
    sequence(time(new Date(now.getTime() - dayMillis)), time(new Date(now.getTime() + lifetimeDays * dayMillis))),
    name,
    keyInfo,
    contextual(3, "around", extensions(keyInfo.subarray(-uncompressedPointBytes))),
  );
};

const pem = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
};

/**
 * Makes a key and a certificate that vouches for itself, on P-256, valid for a year from yesterday on. Clients trust it by
 * being given the certificate; the key need never leave the process.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
export const createCertificate = async (now: Date = new Date()): Promise<Certificate> => {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const content = toBeSigned(publicKey, now);
  const signature = sign("sha256", content, privateKey);
  const certificate = sequence(content, sequence(objectIdentifier(oid.ecdsaWithSha256)), bitString(signature));
  return {
    certificate: pem("CERTIFICATE", certificate),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};
