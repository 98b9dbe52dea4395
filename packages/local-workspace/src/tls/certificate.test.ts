import { X509Certificate, createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createCertificate } from "./certificate.ts";

const dayMillis = 24 * 60 * 60 * 1000;

describe("a generated certificate", () => {
  it("is for this machine's loopback names and vouches for itself", async () => {
    const { certificate, privateKey } = await createCertificate();
    const read = new X509Certificate(certificate);
    expect(read.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(read.checkIP("::1")).toBe("::1");
    expect(read.checkHost("localhost")).toBe("localhost");
    expect(read.checkHost("example.com")).toBeUndefined();
    expect(read.ca).toBe(true);
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
  });

  it("holds from the day before for a year, also past the year in which the form of dates changes", async () => {
    for (const now of [new Date("2026-11-22T20:15:00Z"), new Date("2049-12-31T23:59:59Z")]) {
      const { validFrom, validTo } = new X509Certificate((await createCertificate(now)).certificate);
      expect(new Date(validFrom).getTime()).toBe(now.getTime() - dayMillis);
      expect(new Date(validTo).getTime()).toBe(now.getTime() + 365 * dayMillis);
    }
  });

  it("is another one each time", async () => {
    const [one, other] = await Promise.all([createCertificate(), createCertificate()]);
    const serials = [one, other].map(({ certificate }) => new X509Certificate(certificate).serialNumber);
    expect(new Set(serials).size).toBe(2);
    expect(serials[0]).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});
