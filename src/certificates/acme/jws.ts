import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";

/** RFC 8555 asks for one kind of signature and one hash of a key: both are node:crypto's, in the form of RFC 7515 and 7638. */

export interface SignedMessage {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

interface Header {
  readonly nonce: string;
  readonly url: string;
  /** URL of the account; undefined while there is none. */
  readonly kid: string | undefined;
}

/** `payload` undefined: an empty one, which reads a resource. */
export function signMessage(key: KeyObject, { nonce, url, kid }: Header, payload: object | undefined): SignedMessage {
  const who = kid === undefined ? { jwk: publicJwk(key) } : { kid };
  const head = base64url(JSON.stringify({ alg: "ES256", ...who, nonce, url }));
  const body = payload === undefined ? "" : base64url(JSON.stringify(payload));
  const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" });
  return { protected: head, payload: body, signature: signature.toString("base64url") };
}

/** What a challenge has to be answered with: proof that it was seen by whoever has the key. */
export function keyAuthorization(key: KeyObject, token: string): string {
  const thumbprint = createHash("sha256")
    .update(JSON.stringify(publicJwk(key)))
    .digest("base64url");
  return `${token}.${thumbprint}`;
}

export function base64url(data: string | Buffer): string {
  return Buffer.from(data).toString("base64url");
}

/** Members in the order of their names: the thumbprint is of exactly this text. */
function publicJwk(key: KeyObject): object {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: "jwk" });
  return { crv, kty, x, y };
}
