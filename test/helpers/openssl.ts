import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runOk } from "./berth.ts";

export interface Pair {
  readonly crt: string;
  readonly key: string;
}

const p256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** Makes certificates with openssl, in a folder of the test's own. */
export class Authority {
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Signed by itself, or by another authority. Without names it is an authority. `newKey` as openssl's option. */
  async issue(subject: string, names: readonly string[] = [], by?: Pair, newKey = p256): Promise<Pair> {
    const file = (ending: string) => join(this.#folder, `${this.#count}.${ending}`);
    this.#count += 1;
    const extensions =
      names.length === 0
        ? "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
        : `basicConstraints=CA:FALSE\nsubjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`;
    await writeFile(file("ext"), extensions);
    const key = ["-newkey", ...newKey, "-nodes", "-keyout", file("key")];
    await runOk("openssl", ["req", "-new", ...key, "-subj", `/CN=${subject}`, "-out", file("csr")]);
    if (by !== undefined) {
      await writeFile(file("by.crt"), by.crt);
      await writeFile(file("by.key"), by.key);
    }
    const signer =
      by === undefined
        ? ["-signkey", file("key")]
        : ["-CA", file("by.crt"), "-CAkey", file("by.key"), "-set_serial", String(this.#count + 1)];
    const days = ["-days", "30", "-extfile", file("ext"), "-in", file("csr"), "-out", file("crt")];
    await runOk("openssl", ["x509", "-req", ...signer, ...days]);
    return { crt: await readFile(file("crt"), "utf8"), key: await readFile(file("key"), "utf8") };
  }

  /** The same key behind a passphrase. */
  async encrypt({ key }: Pair): Promise<string> {
    const path = join(this.#folder, "plain.key");
    await writeFile(path, key);
    return runOk("openssl", ["pkcs8", "-topk8", "-in", path, "-passout", "pass:secret"]);
  }
}
