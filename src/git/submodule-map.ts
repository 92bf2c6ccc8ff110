import { printable, withoutPassword } from "../lib/printable.ts";
import { UserError } from "../model/errors.ts";
import { remoteProtocols } from "./remote.ts";

/** Path -> URL, from `git config -z --list` of a .gitmodules file. */
export function parseSubmoduleMap(listing: string): Map<string, string> {
  const paths = new Map<string, string>();
  const urls = new Map<string, string>();
  for (const record of listing.split("\0")) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(record) ?? [];
    if (name === undefined || value === undefined) continue;
    (key === "path" ? paths : urls).set(name, value);
  }
  const map = new Map<string, string>();
  for (const [name, path] of paths) {
    const url = urls.get(name);
    if (url !== undefined) map.set(path.replace(/\/+$/, ""), url);
  }
  return map;
}

/** The submodule's URL. Throws UserError where the path or the URL is not one to fetch from. */
export function submoduleUrl(path: string, map: ReadonlyMap<string, string>): string {
  checkPath(path);
  const url = map.get(path);
  if (url === undefined) {
    throw new UserError(
      "submodule-unmapped",
      `'${path}' is a submodule, but .gitmodules does not say where it is from`,
      {
        hint: `Add it to .gitmodules, or commit its files themselves: git rm --cached ${path} && rm -rf ${path}/.git && git add ${path}`,
      },
    );
  }
  checkUrl(path, url);
  return url;
}

function checkPath(path: string): void {
  // git itself refuses to make these; whoever pushes one wants to reach another place.
  const bad = (part: string): boolean => /^\.{0,2}$/.test(part) || /^(\.git|git~\d+)[ .]*$/i.test(part);
  if (path.split("/").some(bad)) {
    throw new UserError("invalid-submodule", `The submodule path '${printable(path)}' is not allowed`);
  }
}

function checkUrl(path: string, url: string): void {
  const refuse = (why: string, hint: string): never => {
    const shown = withoutPassword(printable(url));
    throw new UserError("invalid-submodule", `Submodule '${path}' cannot be fetched from ${shown}: ${why}`, { hint });
  };
  const anotherUrl = `Give it an https:// address in .gitmodules, or commit its files`;
  if (/^\.\.?\//.test(url)) {
    refuse("the address is relative to a repository that is not here", anotherUrl);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (url.startsWith("-") || /[\x00-\x20\x7f]/.test(url)) refuse("the address is not allowed", anotherUrl);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(\/\/|:)/.exec(url);
  if (scheme !== null) {
    const allowed = scheme[2] === "//" && (remoteProtocols as readonly string[]).includes(scheme[1] ?? "");
    if (!allowed) refuse(`only ${remoteProtocols.join(", ")} are allowed`, anotherUrl);
    return;
  }
  // USER@HOST:PATH, the short form of ssh.
  if (!/^[^/@:-][^/@:]*@[^/@:-][^/@:]*:[^-]/.test(url)) {
    refuse(`only ${remoteProtocols.join(", ")} are allowed`, anotherUrl);
  }
}
