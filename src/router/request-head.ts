import type { RawHeaders } from "./headers.ts";

/** What may not stand in a head: none of it comes through the parsers of the client's side, and here it would end a line. */
const forbidden = /[\0\r\n]/;
const forbiddenInName = /[^!-9;-~]/;

/** The head as it is sent, in latin1. Throws for what would be more than one. */
export function requestHead(method: string, path: string, headers: RawHeaders): string {
  let fields = "";
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name === "" || forbiddenInName.test(name)) throw new Error("character in a name that cannot be there");
    if (forbidden.test(value)) throw new Error(`line break in ${name}`);
    fields += `${name}: ${value}\r\n`;
  }
  if (forbidden.test(path)) throw new Error("line break in the path");
  return `${method} ${path} HTTP/1.1\r\n${fields}\r\n`;
}
