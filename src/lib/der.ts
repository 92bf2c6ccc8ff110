/** The part of DER (X.690) that writing certificates takes. Each function gives one whole element. */

export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => element(0x31, ...parts);
export const octetString = (...content: readonly Uint8Array[]) => element(0x04, ...content);
/** Of whole bytes. */
export const bitString = (content: Uint8Array) => element(0x03, Buffer.from([0]), content);
export const utf8String = (text: string) => element(0x0c, Buffer.from(text));
export const isTrue = element(0x01, Buffer.from([0xff]));
/** `[number] EXPLICIT`, and around a structure also `IMPLICIT`. */
export const context = (number: number, ...content: readonly Uint8Array[]) => element(0xa0 + number, ...content);
/** `[number] IMPLICIT` of a primitive type. */
export const primitive = (number: number, content: Uint8Array) => element(0x80 + number, content);

/** Not negative, in as many bytes as given. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start));
  return element(0x02, Buffer.from((digits[0] ?? 0) >= 0x80 ? [0] : []), digits);
}

/** `1.2.840.10045` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Unix milliseconds; what is below a second is left out. RFC 5280 wants the short form up to 2049. */
export function time(ms: number): Buffer {
  const date = new Date(ms);
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 + (rest % 128));
  return bytes;
}
