import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

// 16 MB and some 50 ms for each try.
const cost = { N: 16_384, r: 8, p: 1 } as const;
const keyBytes = 32;
const pattern = /^\$scrypt\$([\w-]{22})\$([\w-]{43})$/;

/** `$scrypt$SALT$KEY`, for `isPassword`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `$scrypt$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

export function isPasswordHash(text: string): boolean {
  return pattern.test(text);
}

/** False for a hash that is none. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [, salt = "", key = ""] = pattern.exec(hash) ?? [];
  if (key === "") return false;
  return timingSafeEqual(await derive(password, Buffer.from(salt, "base64url")), Buffer.from(key, "base64url"));
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, cost, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
