// A real OpenID Connect provider for tests, on a port of 127.0.0.1 that it prints. Whoever comes is
// the account that was last told with `POST /_account`; nobody is asked for a password.
//
//   node oidc_provider.mjs <client id> <client secret> <redirect uri>

import { createServer } from "node:http";
import Provider from "oidc-provider";

const [clientId, clientSecret, redirectUri] = process.argv.slice(2);
const accounts = new Map();
let current = null;
let answer = null;

async function tell(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  current = JSON.parse(Buffer.concat(parts).toString());
  accounts.set(current.sub, current);
  response.end("{}");
}

async function interact(provider, request, response) {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  if (current.refuses) {
    const refusal = { error: "access_denied", error_description: "the person said no" };
    return provider.interactionFinished(request, response, refusal);
  }
  if (prompt.name === "login") {
    const result = { login: { accountId: current.sub, remember: false } };
    return provider.interactionFinished(request, response, result);
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

const server = createServer((request, response) => answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["a key of a test"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => accounts.get(sub) }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    pkce: { methods: ["S256"], required: () => true },
  });
  const callback = provider.callback();
  answer = (request, response) => {
    if (request.url === "/_account") return tell(request, response);
    if (request.url.startsWith("/interaction/")) return interact(provider, request, response);
    return callback(request, response);
  };
  console.log(issuer);
});
