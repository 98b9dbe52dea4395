import { isCardNumber, isIban } from "./check-digits.ts";
import { byLiteral, byShape, jsonWebToken, pemPrivateKey, type SecretFinder } from "./secret-finder.ts";

/** Kinds whose first characters say what they are, and how they go on. */
const prefixed: readonly [kind: string, prefixes: readonly string[], rest: RegExp][] = [
  ["databricks-token", ["dapi", "dose", "dkea"], /[a-z]{4}[0-9a-f]{32,}(?:-\d)?/y],
  ["aws-access-key", ["AKIA", "ASIA", "ABIA", "ACCA", "AROA", "AIDA"], /[A-Z]{4}[A-Z2-7]{16}(?![A-Za-z0-9])/y],
  ["aws-bedrock-key", ["ABSK", "bedrock-api-key-"], /(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/=]{60,}/y],
  ["google-api-key", ["AIza"], /AIza[\w-]{35,}/y],
  ["google-oauth-token", ["ya29."], /ya29\.[\w-]{20,}/y],
  ["google-client-secret", ["GOCSPX-"], /GOCSPX-[\w-]{20,}/y],
  ["github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], /gh._[A-Za-z0-9]{30,}/y],
  ["github-fine-grained-token", ["github_pat_"], /github_pat_\w{22,}/y],
  ["gitlab-token", ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"], /gl[a-z]{2,4}-[\w.-]{20,}/y],
  [
    "slack-token",
    ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"],
    /x(?:ox[a-z]|app)[.-][\w.-]{10,}/y,
  ],
  ["slack-webhook", ["hooks.slack.com/"], /hooks\.slack\.com\/[a-z]{4,12}\/[\w/-]{20,}/y],
  [
    "discord-webhook",
    ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
    /discord(?:app)?\.com\/api\/webhooks\/\d{10,}\/[\w-]{30,}/y,
  ],
  ["stripe-key", ["sk_live_", "sk_test_", "rk_live_", "rk_test_"], /[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/y],
  ["webhook-secret", ["whsec_"], /whsec_[A-Za-z0-9+/=]{20,}/y],
  ["anthropic-key", ["sk-ant-"], /sk-ant-[\w-]{20,}/y],
  ["openrouter-key", ["sk-or-"], /sk-or-[\w-]{20,}/y],
  ["langfuse-key", ["sk-lf-"], /sk-lf-[\w-]{20,}/y],
  ["huggingface-token", ["hf_", "api_org_"], /(?:hf|api_org)_[A-Za-z0-9]{30,}/y],
  ["groq-key", ["gsk_"], /gsk_[A-Za-z0-9]{30,}/y],
  ["replicate-token", ["r8_"], /r8_[A-Za-z0-9]{30,}/y],
  ["perplexity-key", ["pplx-"], /pplx-[A-Za-z0-9]{30,}/y],
  ["xai-key", ["xai-"], /xai-[A-Za-z0-9]{40,}/y],
  ["nvidia-key", ["nvapi-"], /nvapi-[\w-]{40,}/y],
  ["pinecone-key", ["pcsk_"], /pcsk_\w{30,}/y],
  ["tavily-key", ["tvly-"], /tvly-[\w-]{20,}/y],
  ["langsmith-key", ["lsv2_"], /lsv2_(?:pt|sk)_[0-9a-f]{32}_?[0-9a-f]*/y],
  ["npm-token", ["npm_"], /npm_[A-Za-z0-9]{30,}/y],
  ["pypi-token", ["pypi-"], /pypi-[\w-]{50,}/y],
  ["rubygems-key", ["rubygems_"], /rubygems_[0-9a-f]{40,}/y],
  ["sendgrid-key", ["SG."], /SG\.[\w-]{16,32}\.[\w-]{30,}/y],
  ["mailgun-key", ["key-"], /key-[0-9a-f]{32}(?![0-9a-f])/y],
  ["twilio-key", ["SK"], /SK[0-9a-f]{32}(?![0-9a-f])/y],
  ["shopify-token", ["shpat_", "shpca_", "shppa_", "shpss_"], /shp[a-z]{2}_[0-9a-fA-F]{32,}/y],
  ["square-token", ["sq0atp-", "sq0csp-", "sq0idp-"], /sq0[a-z]{3}-[\w-]{20,}/y],
  ["digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], /do[opr]_v1_[0-9a-f]{60,}/y],
  ["heroku-key", ["HRKU-"], /HRKU-[\w-]{30,}/y],
  ["vault-token", ["hvs.", "hvb.", "hvr."], /hv[sbr]\.[\w-]{20,}/y],
  ["doppler-token", ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], /dp\.[a-z]{2,5}\.[\w.-]{30,}/y],
  ["newrelic-key", ["NRAK-", "NRJS-", "NRII-"], /NR[A-Z]{2}-[A-Za-z0-9_-]{19,}/y],
  ["grafana-token", ["glsa_", "glc_"], /gl(?:sa|c)_[A-Za-z0-9+/=_]{30,}/y],
  ["sentry-token", ["sntrys_", "sntryu_"], /sntry[su]_[A-Za-z0-9+/=_-]{30,}/y],
  ["linear-key", ["lin_api_"], /lin_api_[A-Za-z0-9]{30,}/y],
  ["notion-token", ["secret_", "ntn_"], /(?:secret|ntn)_[A-Za-z0-9]{40,}/y],
  ["figma-token", ["figd_"], /figd_[\w-]{30,}/y],
  ["postman-key", ["PMAK-"], /PMAK-[0-9a-f]{20,}-[0-9a-f]{30,}/y],
  ["airtable-token", ["pat"], /pat[A-Za-z0-9]{14}\.[0-9a-f]{60,}/y],
  ["hubspot-token", ["pat-na", "pat-eu"], /pat-(?:na|eu)\d-[0-9a-f-]{30,}/y],
  ["atlassian-token", ["ATATT3", "ATCTT3"], /AT[AC]TT3[\w=-]{50,}/y],
  ["supabase-key", ["sbp_", "sb_secret_"], /sb(?:p|_secret)_[\w-]{20,}/y],
  ["planetscale-token", ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], /pscale_[a-z]{2,5}_[\w.=-]{30,}/y],
  ["circleci-token", ["CCIPAT_"], /CCIPAT_\w{30,}/y],
  ["cloudflare-origin-key", ["v1.0-"], /v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}/y],
  ["age-key", ["AGE-SECRET-KEY-1"], /AGE-SECRET-KEY-1[A-Z0-9]{50,}/y],
];

const decodesToUserAndPassword = (header: string): boolean => {
  const decoded = Buffer.from(header.slice("Basic ".length).trim(), "base64").toString("latin1");
  return /^[\x20-\x7e]{0,200}:[\x20-\x7e]*$/.test(decoded.slice(0, 400));
};

const assignedNames =
  "pass(?:word|wd|phrase)|pwd|(?:client|consumer|app|shared|signing|webhook)[_-]?secret|secret[_-]?(?:access[_-]?)?key|" +
  "secret|api[_-]?key|apikey|(?:access|refresh|auth|id|session|security|bearer)[_-]?token|private[_-]?key|account[_-]?key|" +
  "shared[_-]?access[_-]?key|authorization|x-api-key";

const assignment = `["'\\\\]{0,4}\\s{0,4}[:=]`;

/** Everything that is looked for. */
export const secretKinds: readonly SecretFinder[] = [
  pemPrivateKey,
  jsonWebToken,
  ...prefixed.map(([kind, literals, pattern]) => byLiteral(kind, literals, pattern)),
  byLiteral("openai-key", ["sk-"], /sk-[\w-]{20,}/y, { isReal: (found) => /\d/.test(found) }),
  byLiteral("bearer-header", ["Bearer ", "bearer ", "BEARER "], /[A-Za-z]{6} {1,4}(?=[^\s\d]{0,64}\d)[\w.~+/=-]{16,}/y),
  byLiteral("basic-header", ["Basic ", "basic ", "BASIC "], /[A-Za-z]{5} {1,4}[A-Za-z0-9+/]{8,}={0,2}/y, {
    isReal: decodesToUserAndPassword,
  }),
  byLiteral("url-credentials", ["://"], /:\/\/[^\s/:@]{0,256}:[^\s/]{1,512}@/y, { isInsideWords: true }),
  byLiteral("azure-sas", ["?sig=", "&sig=", ";sig="], /.sig=[A-Za-z0-9%+/=]{30,}/y, { isInsideWords: true }),
  byLiteral("azure-client-secret", ["Q~"], /[\w.~-]{3}\dQ~[\w.~-]{31,}/y, { begins: 4 }),
  byLiteral("mailchimp-key", ["-us"], /[0-9a-f]{32}-us\d{1,2}/y, { begins: 32 }),
  byLiteral("terraform-token", [".atlasv1."], /[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}/y, { begins: 14 }),
  byLiteral("telegram-token", [":AA"], /(?<=\d{8}):AA[\w-]{32,}/y, { isInsideWords: true }),
  byShape(
    "assigned-secret",
    new RegExp(
      `(?:${assignedNames})${assignment}\\s{0,4}["'\\\\]{0,4}(?<secret>(?!\\[redacted [a-z-]{2,40}\\]|(?:${assignedNames})${assignment})(?:(?:bearer|basic|token|digest|apikey|negotiate) {1,4})?[^\\s"'\\\\,;&<>)}\\]]{6,})`,
      "gi",
    ),
    { mayHold: (text) => /pass|pwd|secret|key|token|authorization/i.test(text) },
  ),
  byShape(
    "card-number",
    /(?<![\d.])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{4,5})(?!\d)/g,
    { mayHold: (text) => /\d{4}[ -]?\d{4}/.test(text), isReal: isCardNumber },
  ),
  byShape("iban", /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g, {
    mayHold: (text) => /[A-Z]{2}\d{2} ?[A-Z0-9]{4}/.test(text),
    isReal: isIban,
  }),
];

/** Names of properties whose text is a secret whatever it looks like; compared without case, `_` and `-`. */
export const secretNames: ReadonlySet<string> = new Set(
  (
    "password passwd pwd passphrase secret clientsecret consumersecret appsecret sharedsecret " +
    "signingsecret webhooksecret apikey xapikey secretkey secretaccesskey awssecretaccesskey " +
    "accesstoken refreshtoken authtoken idtoken sessiontoken securitytoken bearertoken " +
    "awssessiontoken privatekey accountkey sharedaccesskey authorization proxyauthorization cookie " +
    "setcookie cvv cvc"
  ).split(" "),
);
