import { staticTable } from "./static-table.ts";

// RFC 9113, 8.2.2.
const notInHttp2 = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const rememberedNames = 1_000;

/** RFC 7541, 6.3: the table that we use has no room. Comes before the first block, so that what the client allows does not matter. */
export const noTable = "\x20";

const staticIndexes = new Map<string, number>();
for (const [index, [name]] of staticTable.entries()) if (!staticIndexes.has(name)) staticIndexes.set(name, index + 1);
const statuses = new Map<number, string>();
for (const [index, [name, value]] of staticTable.entries()) {
  if (name === ":status") statuses.set(Number(value), String.fromCharCode(0x80 + index + 1));
}

/** By the name as apps write it; empty for one that HTTP/2 does not have. */
const beginnings = new Map<string, string>();

/** A header block in latin1. `flat`: names in any case, and values. Throws for a value that would break out of its field. */
export function encodeFields(flat: readonly string[]): string {
  let block = "";
  for (let i = 0; i < flat.length; i += 2) {
    const beginning = beginningOf(flat[i] as string);
    if (beginning !== "") block += beginning + text(checked(flat[i + 1] as string));
  }
  return block;
}

export function encodeStatus(status: number): string {
  const known = statuses.get(status);
  if (known !== undefined) return known;
  return (beginningOf(":status") as string) + text(String(status));
}

/** A field that is not remembered by its reader, up to its value. */
function beginningOf(name: string): string {
  const known = beginnings.get(name);
  if (known !== undefined) return known;
  const key = name.toLowerCase();
  const index = staticIndexes.get(key);
  let beginning = "";
  if (!notInHttp2.has(key)) beginning = index === undefined ? `\0${text(checked(key))}` : integer(index, 4);
  if (beginnings.size < rememberedNames) beginnings.set(name, beginning);
  return beginning;
}

function text(value: string): string {
  return integer(value.length, 7) + value;
}

function integer(value: number, prefix: number): string {
  const mask = (1 << prefix) - 1;
  if (value < mask) return String.fromCharCode(value);
  let bytes = String.fromCharCode(mask);
  let rest = value - mask;
  for (; rest >= 128; rest >>= 7) bytes += String.fromCharCode((rest & 127) | 128);
  return bytes + String.fromCharCode(rest);
}

function checked(text: string): string {
  if (/[\0\r\n\u0100-\uffff]/.test(text)) throw new Error("character that cannot be in a header field");
  return text;
}
