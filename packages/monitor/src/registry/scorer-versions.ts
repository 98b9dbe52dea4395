import { request, requestJson, type AnswerSchema, type Connection } from "@tracelake/workspace-client";
import { type ScorerVersion, type ScorerVersions } from "@tracelake/wire";
import { scorerVersionSchema, scorerVersionsSchema } from "@tracelake/wire/schemas";
import { isNotFound, noScorer } from "./registry-errors.ts";

/** The versions of one scheduled scorer, which have a resource of their own. */
export class VersionsOfScorer {
  readonly #connection: Connection;
  readonly #experimentId: string;
  readonly #name: string;

  constructor(
    connection: Connection,
    { experimentId, name }: { readonly experimentId: string; readonly name: string },
  ) {
    this.#connection = connection;
    this.#experimentId = experimentId;
    this.#name = name;
  }

  /** The oldest first. */
  async all(): Promise<ScorerVersion[]> {
    const found: ScorerVersion[] = [];
    for (let token: string | undefined = ""; token !== undefined;) {
      const page: ScorerVersions = await this.#read(undefined, token, scorerVersionsSchema);
      found.push(...page.scorer_versions);
      token = page.next_page_token || undefined;
    }
    return found.sort((one, other) => one.scorer_version - other.scorer_version);
  }

  one(version: number): Promise<ScorerVersion> {
    return this.#read(version, "", scorerVersionSchema);
  }

  async remove(version: number): Promise<void> {
    const purpose = `Deleting version ${version} of the scorer ${this.#name}`;
    await this.#orNoScorer(
      version,
      request(this.#connection, { method: "DELETE", path: this.#path(version), purpose }),
    );
  }

  #read<T>(version: number | undefined, token: string, schema: AnswerSchema<T>): Promise<T> {
    const query: Record<string, string> = token === "" ? {} : { page_token: token };
    const purpose = `Reading the versions of the scorer ${this.#name}`;
    const asked = { method: "GET", path: this.#path(version), query, purpose } as const;
    return this.#orNoScorer(version, requestJson(this.#connection, asked, schema));
  }

  #path(version: number | undefined): string {
    const key = Buffer.from(this.#name, "utf8").toString("base64url");
    const path = `/api/2.0/managed-evals/experiments/${encodeURIComponent(this.#experimentId)}/scorers/${key}/versions`;
    return version === undefined ? path : `${path}/${version}`;
  }

  async #orNoScorer<T>(version: number | undefined, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const reference = { experimentId: this.#experimentId, name: this.#name, version };
      throw isNotFound(error) ? noScorer(reference) : error;
    }
  }
}
