import { describe, expect, it } from "vitest";
import { userName } from "./user-name.ts";

const unknown = (): string => {
  throw new Error("uv_os_get_passwd returned ENOENT (no such file or directory)");
};

describe("the name of who runs the command", () => {
  it("is the system's", () => {
    expect(userName({ USER: "other" }, () => "ada")).toBe("ada");
  });

  it("is that of the environment where the system has none for the user id", () => {
    expect(userName({ USER: "ada" }, unknown)).toBe("ada");
  });

  it.each([{}, { USER: "" }])("is asked for where neither knows, with %j", (env) => {
    expect(() => userName(env, unknown)).toThrow(
      expect.objectContaining({
        code: "CONFIG_OPTION_INVALID",
        message: expect.stringMatching(/^It is not known who judges: .*ENOENT.*--by\.$/),
      }),
    );
  });
});
