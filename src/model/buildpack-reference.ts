import { printable, withoutPassword } from "../lib/printable.ts";
import { UserError } from "./errors.ts";

/** Where a buildpack is. */
export type BuildpackReference =
  /** One of ours, in the build image. */
  | { readonly kind: "own"; readonly name: string }
  /** A folder of the app's own source. */
  | { readonly kind: "app"; readonly path: string }
  | RemoteBuildpack;

/** A buildpack that has to be brought to the build. */
export type RemoteBuildpack =
  /** `ref` is a branch, a tag or a commit; undefined for the repository's main branch. */
  | { readonly kind: "git"; readonly url: string; readonly ref: string | undefined }
  /** A tar, compressed or not. `sha256` is what it must have, in hex. */
  | { readonly kind: "archive"; readonly url: string; readonly sha256: string | undefined }
  /** A folder or a git repository of this host. */
  | { readonly kind: "host"; readonly path: string; readonly ref: string | undefined };

/** Transports that can only reach another host; `ext` would run a program. */
const gitSchemes = ["https", "http", "git", "ssh"];
const archiveName = /\.(tgz|tbz|tbz2|txz|tar|tar\.(gz|bz2?|xz))$/;

/**
 * Reads what users write: a git URL with `#REF`, the URL of an archive, a path of this host, `./FOLDER` of the app, the
 * name of one of ours, or `heroku/NAME`. `official` is where the latter is, with NAME in it. Throws `invalid-buildpack`.
 */
export function parseBuildpack(text: string, official: string): BuildpackReference {
  if (/^[^\x21-\x7e]|[^\x21-\x7e]|^-/.test(text) || text === "") throw invalid(text, "the address is not allowed");
  const [, own] = /^(?:berth\/)?([a-z0-9][a-z0-9-]*)$/.exec(text) ?? [];
  if (own !== undefined) return { kind: "own", name: own };
  if (/^\.\//.test(text)) return { kind: "app", path: appPath(text) };
  const { address, fragment } = split(text);
  const short = /^([A-Za-z0-9][A-Za-z0-9-]*)\/([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(address);
  if (short !== null) return shorthand(text, { owner: short[1] ?? "", name: short[2] ?? "", fragment }, official);
  const [, hostPath] = /^(?:file:\/\/)?(\/.*)$/.exec(address) ?? [];
  if (hostPath !== undefined) return { kind: "host", path: hostPath, ref: refOf(text, fragment) };
  return remote(text, address, fragment);
}

function split(text: string): { address: string; fragment: string | undefined } {
  const hash = text.indexOf("#");
  return hash < 0
    ? { address: text, fragment: undefined }
    : { address: text.slice(0, hash), fragment: text.slice(hash + 1) || undefined };
}

interface Short {
  readonly owner: string;
  readonly name: string;
  readonly fragment: string | undefined;
}

/** As in Heroku's registry and with Dokku; another owner's are where those have always been. */
function shorthand(text: string, { owner, name, fragment }: Short, official: string): BuildpackReference {
  const tail = fragment === undefined ? "" : `#${fragment}`;
  const isOfficial = owner === "heroku" || owner === "heroku-community";
  if (!isOfficial) {
    return remote(text, `https://github.com/${owner}/heroku-buildpack-${name.replace(/\.git$/, "")}.git`, fragment);
  }
  return parseBuildpack(official.replaceAll("NAME", name) + tail, "");
}

function remote(text: string, address: string, fragment: string | undefined): RemoteBuildpack {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(address)?.[1];
  if (scheme === undefined) {
    // USER@HOST:PATH, the short form of ssh.
    if (/^[^/@:-][^/@:]*@[^/@:-][^/@:]*:[^-]/.test(address))
      return { kind: "git", url: address, ref: refOf(text, fragment) };
    throw invalid(text, "it is neither an address nor the name of a buildpack");
  }
  if (!gitSchemes.includes(scheme)) throw invalid(text, `only ${gitSchemes.join(", ")} are allowed`);
  const url = URL.parse(address);
  if (url === null || url.hostname === "" || url.hostname.startsWith("-"))
    throw invalid(text, "it is no valid address");
  if (!/^https?$/.test(scheme) || !archiveName.test(url.pathname)) {
    return { kind: "git", url: address, ref: refOf(text, fragment) };
  }
  const [, sha256] = /^(?:sha256[:=])?([0-9a-f]{64})$/i.exec(fragment ?? "") ?? [];
  if (fragment !== undefined && sha256 === undefined) {
    throw invalid(text, "after the # of an archive's address stands its SHA-256 in hex: #sha256=...");
  }
  return { kind: "archive", url: address, sha256: sha256?.toLowerCase() };
}

function refOf(text: string, fragment: string | undefined): string | undefined {
  if (fragment === undefined) return undefined;
  // git-check-ref-format(1), without its rarer letters.
  const fits =
    /^[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,200}$/.test(fragment) && !/\.\.|@\{|\/\/|\/\.|[./]$|\.lock$/.test(fragment);
  if (!fits) throw invalid(text, `'${fragment}' is no branch, tag or commit`);
  return fragment;
}

function appPath(text: string): string {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..")) throw invalid(text, "it is no folder of the app");
  return parts.join("/");
}

function invalid(text: string, reason: string): UserError {
  return new UserError("invalid-buildpack", `Invalid buildpack '${withoutPassword(printable(text))}': ${reason}`, {
    hint: "Give a name such as nodejs or heroku/python, a git URL with #REF, the URL of a .tgz, or a path",
  });
}

/** `https://example.com/heroku-buildpack-python.git#v1` -> `python` */
export function buildpackName(reference: BuildpackReference): string {
  if (reference.kind === "own") return reference.name;
  const path = "url" in reference ? reference.url.replace(/[?].*$/, "") : reference.path;
  const last = path.replace(/\/+$/, "").replace(/^.*[/:]/, "");
  const name = last
    .replace(/\.git$/, "")
    .replace(archiveName, "")
    .replace(/^(heroku-)?buildpack-/, "");
  return name.replace(/[^A-Za-z0-9._-]/g, "-") || "buildpack";
}
