const lower =
  "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6";
const mixed = "Zq7Xw9Lk2Vn4Rt6Yp8Bd1Fg3Hj5Mc0Qs7Ux9Ae2Wo4Ki6Tz8Pv1Nb3Gy5Dh7Lr9Jf2Cm4Sx6Eu8Qa";
const upper = "Q7XW3LK2VN4RT6YP5BD2FG3HJ5MC4QS7UX6AE2WO4KI6TZ3PV2NB3GY5DH7";

const hex = (length: number): string => lower.slice(0, length);
const text = (length: number): string => mixed.slice(0, length);
const capital = (length: number): string => upper.slice(0, length);
const base64 = (value: string): string => Buffer.from(value).toString("base64");
const base64url = (value: string): string => Buffer.from(value).toString("base64url");

/** A secret as it stands in a text, and the part of it that must not survive. Joined here, so that none stands in a file. */
export interface CorpusSecret {
  readonly kind: string;
  readonly written: string;
  readonly secret: string;
}

const plain: readonly [kind: string, ...parts: string[]][] = [
  ["databricks personal token", "da", `pi${hex(32)}`],
  ["databricks oauth secret", "do", `se${hex(32)}`],
  ["aws access key", "AK", `IA${capital(16)}`],
  ["aws temporary key", "AS", `IA${capital(16)}`],
  ["google api key", "AI", `za${text(35)}`],
  ["google oauth token", "ya", `29.${text(60)}`],
  ["google client secret", "GOCS", `PX-${text(28)}`],
  ["github token", "gh", `p_${text(36)}`],
  ["github app token", "gh", `s_${text(36)}`],
  ["github fine-grained token", "github", `_pat_${text(22)}_${text(59)}`],
  ["gitlab token", "glp", `at-${text(20)}`],
  ["slack bot token", "xo", `xb-123456789012-${text(24)}`],
  ["slack app token", "xa", `pp-1-${capital(11)}-${hex(60)}`],
  ["slack webhook", "https://hooks.slack", `.com/services/T01234567/B01234567/${text(24)}`],
  ["discord webhook", "https://discord", `.com/api/webhooks/123456789012345678/${text(68)}`],
  ["stripe live key", "sk", `_live_${text(24)}`],
  ["stripe restricted key", "rk", `_test_${text(24)}`],
  ["webhook signing secret", "wh", `sec_${text(32)}`],
  ["openai key", "sk", `-${text(48)}`],
  ["openai project key", "sk", `-proj-${text(60)}`],
  ["anthropic key", "sk", `-ant-api03-${text(70)}-AA`],
  ["openrouter key", "sk", `-or-v1-${hex(64)}`],
  ["hugging face token", "h", `f_${text(34)}`],
  ["groq key", "gs", `k_${text(52)}`],
  ["replicate token", "r", `8_${text(37)}`],
  ["perplexity key", "pp", `lx-${text(48)}`],
  ["xai key", "xa", `i-${text(70)}`],
  ["nvidia key", "nv", `api-${text(64)}`],
  ["pinecone key", "pc", `sk_${text(60)}`],
  ["tavily key", "tv", `ly-dev-${text(32)}`],
  ["langsmith key", "ls", `v2_pt_${hex(32)}_${hex(10)}`],
  ["npm token", "np", `m_${text(36)}`],
  ["pypi token", "py", `pi-AgEIcHlwaS5vcmc${text(70)}`],
  ["sendgrid key", "S", `G.${text(22)}.${text(43)}`],
  ["mailgun key", "ke", `y-${hex(32)}`],
  ["mailchimp key", hex(32), "-us12"],
  ["twilio key", "S", `K${hex(32)}`],
  ["shopify token", "shp", `at_${hex(32)}`],
  ["square token", "sq0", `atp-${text(22)}`],
  ["digitalocean token", "do", `p_v1_${hex(64)}`],
  ["vault token", "hv", `s.${text(24)}`],
  ["terraform token", text(14), ".atlas", `v1.${text(67)}`],
  ["doppler token", "dp.", `pt.${text(43)}`],
  ["new relic key", "NR", `AK-${capital(27)}`],
  ["grafana token", "gl", `sa_${text(32)}_${hex(8)}`],
  ["sentry token", "sn", `tryu_${hex(64)}`],
  ["linear key", "lin", `_api_${text(40)}`],
  ["notion token", "nt", `n_${text(46)}`],
  ["figma token", "fi", `gd_${text(40)}`],
  ["airtable token", "pa", `t${text(14)}.${hex(64)}`],
  ["hubspot token", "pa", `t-na1-${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`],
  ["atlassian token", "ATA", `TT3xFfGF0${text(70)}`],
  ["supabase key", "sb", `p_${hex(40)}`],
  ["telegram token", "123456789", `:AA${text(33)}`],
  ["azure client secret", "a1b", `8Q~${text(34)}`],
  [
    "json web token",
    `${base64url('{"alg":"HS256"}')}.`,
    `${base64url('{"sub":"1234567890","name":"Ada"}')}.${text(43)}`,
  ],
  ["visa card", "4111 1111 1111 ", "1111"],
  ["mastercard", "5555555555", "554444"],
  ["amex card", "3782-822463-", "10005"],
  ["iban", "DE89 3704 0044 ", "0532 0130 00"],
];

const pem = (name: string): string =>
  [`-----BEGIN ${name}-----`, ...Array.from({ length: 20 }, (_, n) => `${text(60)}${n}`), `-----END ${name}-----`].join(
    "\n",
  );

const within: readonly CorpusSecret[] = [
  { kind: "bearer header", written: `Authorization: Bearer ${text(40)}`, secret: text(40) },
  {
    kind: "basic header",
    written: `Authorization: Basic ${base64("ada:correct horse")}`,
    secret: base64("ada:correct horse"),
  },
  { kind: "password in a url", written: "postgres://ada:c0rrect%20h0rse@db:5432/shop", secret: "c0rrect%20h0rse" },
  { kind: "assigned password", written: 'password = "c0rrect-h0rse"', secret: "c0rrect-h0rse" },
  { kind: "aws secret key", written: `aws_secret_access_key=${text(40)}`, secret: text(40) },
  { kind: "api key in json text", written: JSON.stringify(JSON.stringify({ api_key: text(30) })), secret: text(30) },
  { kind: "azure account key", written: `AccountName=x;AccountKey=${text(60)}==;`, secret: text(60) },
  { kind: "azure sas", written: `https://x.blob.core.windows.net/c?sv=2022&sig=${text(43)}%3D`, secret: text(43) },
  { kind: "rsa private key", written: pem("RSA PRIVATE KEY"), secret: text(60) },
  { kind: "private key in json text", written: JSON.stringify(pem("PRIVATE KEY")), secret: text(60) },
  { kind: "openssh private key", written: pem("OPENSSH PRIVATE KEY"), secret: text(60) },
  { kind: "pgp private key", written: pem("PGP PRIVATE KEY BLOCK"), secret: text(60) },
  { kind: "private key without an end", written: pem("EC PRIVATE KEY").slice(0, 900), secret: text(60) },
];

/** More than seventy kinds of secrets, none of which opens anything. */
export const secretCorpus: readonly CorpusSecret[] = [
  ...plain.map(([kind, ...parts]) => ({ kind, written: parts.join(""), secret: parts.join("") })),
  ...within,
];

/** What looks a little like a secret and is none. */
export const harmlessTexts: readonly string[] = [
  "The task-management-of-2024 plan: ask-me-anything-about-risk-and-more.",
  "Bearer authentication is described below. Basic responsibilities include answering.",
  "0af7651916cd43dd8448eb211c80319c 550e8400-e29b-41d4-a716-446655440000",
  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "1700000000000 1700000000000000000 4111 1111 1111 1112 3.14159265358979323846",
  "https://example.com:8080/a/b?c=d@e and http://[::1]:4318/v1/traces",
  '{"input_tokens":12,"output_tokens":4,"total_tokens":16,"max_tokens":4096}',
  "How do I reset my password? I lost my key. The secret of good soup is time.",
  "-----BEGIN CERTIFICATE----- is public, and so is ssh-rsa AAAAB3NzaC1yc2E",
  "eyJ is how base64 of a JSON object begins; SKU SK42, US-us1, pattern, AKIA",
];
