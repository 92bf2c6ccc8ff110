import { createHash, type KeyObject } from "node:crypto";
import { messageOf, UserError } from "../../model/errors.ts";
import type { ChallengeType, Solver } from "../issuer.ts";
import { keyPem, newKey, selfSignedCertificate } from "../x509.ts";
import type { AcmeClient } from "./client.ts";
import { keyAuthorization } from "./jws.ts";
import { hintFor, type Problem, reasonOf } from "./problem.ts";

export interface Authorization {
  readonly status: string;
  readonly identifier: { readonly value: string };
  readonly wildcard?: boolean;
  readonly challenges: readonly Challenge[];
}

interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  readonly error?: Problem;
}

export interface Work {
  readonly client: AcmeClient;
  readonly account: KeyObject;
  readonly solver: Solver;
  /** For names that are no wildcards. */
  readonly challenge: ChallengeType;
  readonly now: () => number;
  onStep(text: string): void;
}

type Undo = () => Promise<void>;

const challengeLifeMs = 7 * 24 * 3_600_000;

/** Proves that the name is ours. Throws UserError that says what the authority saw. */
export async function authorize(work: Work, url: string, authorization: Authorization): Promise<void> {
  if (authorization.status === "valid") return;
  const { client, challenge, onStep } = work;
  const { identifier, wildcard = false } = authorization;
  const name = wildcard ? `*.${identifier.value}` : identifier.value;
  const type = wildcard ? "dns-01" : challenge;
  const found = authorization.challenges.find((each) => each.type === type);
  if (found === undefined) {
    const offered = authorization.challenges.map((each) => each.type).join(", ");
    throw new UserError(
      "acme-challenge",
      `${name}: the authority does not offer ${type}, but ${offered || "nothing"}`,
      {
        hint: "Choose another one: letsencrypt:set ... challenge TYPE",
      },
    );
  }
  onStep(`Proving that ${name} is ours (${type})`);
  const withdraw = await present(work, name, type, identifier.value, found.token);
  try {
    await client.post(found.url, name, {});
    const isDone = ({ status }: Authorization) => status !== "pending" && status !== "processing";
    const done = await client.poll<Authorization>(url, name, isDone);
    if (done.status !== "valid") throw unproven(name, done);
  } finally {
    // What it leaves does no harm: neither the certificate nor the reason why there is none is to be lost for it.
    await withdraw().catch((error: unknown) => onStep(`The proof for ${name} stays where it was: ${messageOf(error)}`));
  }
}

async function present(
  { account, solver, now }: Work,
  name: string,
  type: ChallengeType,
  host: string,
  token: string,
): Promise<Undo> {
  const answer = keyAuthorization(account, token);
  const digest = createHash("sha256").update(answer).digest();
  const id = `${type}:${host}:${token}`;
  if (type === "dns-01") {
    const { dns } = solver;
    if (dns === undefined) throw noHook(name);
    const record = [`_acme-challenge.${host}`, digest.toString("base64url")] as const;
    await dns.present(...record);
    return () => dns.withdraw(...record);
  }
  if (type === "http-01") await solver.present({ kind: type, id, token, response: answer });
  else {
    const key = newKey();
    const chain = selfSignedCertificate({
      key,
      names: [host],
      now: now(),
      lifeMs: challengeLifeMs,
      acmeIdentifier: digest,
    });
    await solver.present({ kind: type, id, host, chain, key: keyPem(key) });
  }
  return () => solver.withdraw(id);
}

function unproven(name: string, { status, challenges }: Authorization): UserError {
  const problem = challenges.find(({ error }) => error !== undefined)?.error ?? {};
  return new UserError(
    "acme-unproven",
    `${name} could not be verified; the authority says: ${reasonOf(problem) || status}`,
    {
      hint: hintFor(problem),
    },
  );
}

function noHook(name: string): UserError {
  return new UserError("dns-hook-missing", `${name} needs a DNS record, and nothing is configured that could set it`, {
    hint: "Give Berth a program that sets TXT records: dns-hook in berth.yml",
  });
}
