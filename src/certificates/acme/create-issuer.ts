import { UserError } from "../../model/errors.ts";
import type { Authority, Issued, IssueRequest, Issuer, Solver } from "../issuer.ts";
import { certificateRequest, keyPem, newKey } from "../x509.ts";
import { accountKey } from "./account-key.ts";
import { type Authorization, authorize } from "./authorize.ts";
import { AcmeClient, parse } from "./client.ts";
import { base64url } from "./jws.ts";
import { type Problem, reasonOf } from "./problem.ts";

export interface AcmeOptions {
  /** For the keys of accounts. */
  readonly folder: string;
  readonly solver: Solver;
  readonly now: () => number;
}

interface Order {
  readonly status: string;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate?: string;
  readonly error?: Problem;
}

/** Certificates from an authority that speaks ACME, RFC 8555. */
export function createAcmeIssuer(options: AcmeOptions): Issuer {
  return {
    issue: (request, signal) => {
      const { authority } = request;
      if (authority === undefined) throw new Error("an ACME issuer needs an authority");
      return issue(options, request, authority, signal);
    },
  };
}

async function issue(
  { folder, solver, now }: AcmeOptions,
  { names, onStep = () => undefined }: IssueRequest,
  authority: Authority,
  signal: AbortSignal,
): Promise<Issued> {
  const { directory, roots, email, challenge } = authority;
  const account = await accountKey(folder, directory);
  const client = new AcmeClient({ directory, roots, key: account, now, signal });
  onStep(`Asking ${new URL(directory).host}`);
  await client.open(email);
  const what = `A certificate for ${names.join(", ")}`;
  const identifiers = names.map((value) => ({ type: "dns", value }));
  const created = await client.post(client.newOrder, what, { identifiers });
  const url = created.headers.location ?? "";
  const order = parse<Order>(created, client.newOrder);
  // One after the other: the first that fails tells enough, and costs one of the few failures that are allowed.
  for (const each of order.authorizations) {
    const authorization = await client.poll<Authorization>(each, what, () => true);
    await authorize({ client, account, solver, challenge, now, onStep }, each, authorization);
  }
  const key = newKey();
  onStep("Getting the certificate");
  await client.post(order.finalize, what, { csr: base64url(certificateRequest(key, names)) });
  const done = await client.poll<Order>(url, what, ({ status }) => status === "valid" || status === "invalid");
  if (done.certificate === undefined) {
    throw new UserError("acme-refused", `${what} was not issued: ${reasonOf(done.error ?? {}) || done.status}`);
  }
  const { text } = await client.post(done.certificate, what);
  return { chain: text, key: keyPem(key) };
}
