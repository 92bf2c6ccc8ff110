import type { RawHeaders } from "./headers.ts";

/** How the end of a response's body is found (RFC 9112, 6.3). */
export type ResponseFraming = "none" | "length" | "chunked" | "close";

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly httpVersion: string;
  readonly headers: RawHeaders;
  readonly framing: ResponseFraming;
  /** Of the body, for the framing `length`. */
  readonly length: number;
  /** The connection may be used again once the body has ended. */
  readonly persistent: boolean;
  /** The dyno's hint: it closes an idle connection after as many seconds. */
  readonly keepAliveSeconds: number | undefined;
}

/** The bytes are no HTTP response, or (`restricted`) one that must not be passed on. */
export class BadResponse extends Error {
  readonly restricted: boolean;

  constructor(message: string, restricted = false) {
    super(message);
    this.restricted = restricted;
  }
}

const statusLine = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?(\r?)\n/;
const statusLineLimit = 8_192;
const fieldLines = /(?:[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*/y;

/**
 * Reads a head: all up to the empty line, without it. `method` is the request's. Throws BadResponse.
 * RFC 9112, 2.2: where the first line ends with a line feed alone, the others may too. Among lines that end with both
 * characters, one that does not is more likely a value that somebody else has put there.
 */
export function readResponseHead(head: string, method: string): ResponseHead {
  const found = statusLine.exec(head);
  if (found === null) throw new BadResponse("no status line");
  const start = found[0].length;
  if (start > statusLineLimit) throw new BadResponse("status line too long", true);
  const fields = new Fields(found[4] === "" ? withFullEnds(head.slice(start)) : strictFields(head, start));
  const httpVersion = found[1] === "0" ? "1.0" : "1.1";
  const status = Number(found[2]);
  const { framing, length } = framingOf(fields, status, method, httpVersion);
  return {
    status,
    reason: found[3] ?? "",
    httpVersion,
    headers: fields.isPlain ? fields.raw : withOneLength(fields.raw, framing, length),
    framing,
    length,
    persistent: framing !== "close" && isPersistent(fields, httpVersion),
    keepAliveSeconds: fields.keepAlive === undefined ? undefined : keepAliveSeconds(fields.keepAlive),
  };
}

/** Trailer fields, by the same rules. */
export function readFieldLines(lines: string): RawHeaders {
  return new Fields(strictFields(lines, 0)).raw;
}

/**
 * Field lines that are beyond doubt. RFC 9112, 5.1 and 5.2: in responses, a proxy takes out white space before the colon
 * and joins folded lines; all else that is wrong stays wrong.
 */
function strictFields(head: string, start: number): string {
  if (areFieldLines(head, start)) return head.slice(start);
  const repaired = repairedFields(head.slice(start));
  if (!areFieldLines(repaired, 0)) throw new BadResponse("no header line");
  return repaired;
}

function withFullEnds(lines: string): string {
  return strictFields(lines.replace(/\r?\n/g, "\r\n"), 0);
}

const blankBeforeColon = /^([\w!#$%&'*+.^`|~-]+)[\t ]+:/;

function repairedFields(lines: string): string {
  const pieces: string[] = [];
  for (const [index, line] of lines.split("\r\n").entries()) {
    if (index > 0 && isBlank(line.charCodeAt(0))) pieces.push(" ", trimmed(line, 0, line.length));
    else pieces.push(index === 0 ? "" : "\r\n", line.replace(blankBeforeColon, "$1:"));
  }
  return pieces.join("");
}

function areFieldLines(text: string, start: number): boolean {
  fieldLines.lastIndex = start;
  return fieldLines.test(text) && fieldLines.lastIndex === text.length;
}

/** The list, and what of it says where the message ends. Values of repeated fields are joined. */
class Fields {
  readonly raw: string[] = [];
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string | undefined;
  keepAlive: string | undefined;

  constructor(lines: string) {
    for (let at = 0; at < lines.length; ) {
      const colon = lines.indexOf(":", at);
      const end = lines.indexOf("\r\n", colon);
      const name = lines.slice(at, colon);
      const value = trimmed(lines, colon + 1, end);
      this.raw.push(name, value);
      if (name.length === 10 || name.length === 14 || name.length === 17) this.#note(name.toLowerCase(), value);
      at = end + 2;
    }
  }

  /** At most one length, and only where it counts. */
  get isPlain(): boolean {
    return (
      this.contentLength === undefined || (this.transferEncoding === undefined && !this.contentLength.includes(","))
    );
  }

  #note(key: string, value: string): void {
    if (key === "content-length") this.contentLength = joined(this.contentLength, value);
    else if (key === "transfer-encoding") this.transferEncoding = joined(this.transferEncoding, value);
    else if (key === "connection") this.connection = joined(this.connection, value.toLowerCase());
    else if (key === "keep-alive") this.keepAlive = joined(this.keepAlive, value);
  }
}

/** RFC 9110, 8.6, and 9112, 6.3: nobody gets a chance to read it otherwise. */
function withOneLength(raw: RawHeaders, framing: ResponseFraming, length: number): RawHeaders {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() !== "content-length") headers.push(raw[i] as string, raw[i + 1] as string);
  }
  if (framing === "length") headers.push("Content-Length", String(length));
  return headers;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

interface Framing {
  readonly framing: ResponseFraming;
  readonly length: number;
}

const noBody: Framing = { framing: "none", length: 0 };
const inChunks: Framing = { framing: "chunked", length: 0 };
const untilClose: Framing = { framing: "close", length: 0 };

function framingOf(fields: Fields, status: number, method: string, httpVersion: string): Framing {
  // Read even where there is no body: a contradiction is passed on to nobody.
  const length = fields.contentLength === undefined ? undefined : lengthOf(fields.contentLength);
  const coding = fields.transferEncoding;
  // What the client does not know cannot be passed on, and chunked did not exist in 1.0.
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || httpVersion === "1.0")) {
    throw new BadResponse(`transfer coding ${coding}`, true);
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return noBody;
  // Heroku's rule, and RFC 9112's: chunks win. Such a connection is not used again.
  if (coding !== undefined) return inChunks;
  if (length === undefined) return untilClose;
  return length === 0 ? noBody : { framing: "length", length };
}

/** Equal duplicates are one. */
function lengthOf(text: string): number {
  const [first = "", ...more] = text.split(",").map((word) => word.trim());
  const length = /^\d{1,16}$/.test(first) ? Number(first) : Number.NaN;
  if (!Number.isSafeInteger(length) || more.some((other) => other !== first)) {
    throw new BadResponse(`Content-Length: ${text}`, true);
  }
  return length;
}

function isPersistent({ connection, transferEncoding, contentLength }: Fields, httpVersion: string): boolean {
  if (transferEncoding !== undefined && contentLength !== undefined) return false;
  if (connection === undefined) return httpVersion === "1.1";
  const options = connection.split(",").map((word) => word.trim());
  return !options.includes("close") && (httpVersion === "1.1" || options.includes("keep-alive"));
}

function keepAliveSeconds(hint: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,9})/i.exec(hint)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
