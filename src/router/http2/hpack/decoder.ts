import { decodeHuffman } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

// What we tell nobody otherwise: the default of SETTINGS_HEADER_TABLE_SIZE.
const tableLimit = 4_096;
// RFC 7541, 4.1: what an entry counts besides its texts.
const entryOverhead = 32;

const namePattern = /^:?[\w!#$%&'*+.^`|~-]+$/;
const upperCase = /[A-Z]/;
// RFC 9113, 8.2.1, and what the parser for HTTP/1.1 refuses: control characters, which some servers take for line breaks.
const badValue = /[^\t\x20-\x7e\x80-\xff]|^[ \t]|[ \t]$/;

interface Field {
  readonly name: string;
  readonly value: string;
  /** A later field may use the name with another value. */
  readonly hasBadName: boolean;
  /** May not be in a message. */
  readonly isBad: boolean;
}

export interface FieldSection {
  /** Flat, as node's `rawHeaders`. */
  readonly fields: string[];
  /** One of them may not be in a message. */
  readonly isBad: boolean;
  /** As RFC 9113, 6.5.2 counts. */
  readonly size: number;
  /** There were more than the limit allows: not all are here. */
  readonly isTooLong: boolean;
}

/** The two sides do not agree any more on what their tables have: the connection is of no use. */
export class CompressionError extends Error {}

const staticFields: readonly Field[] = staticTable.map(([name, value]) => ({
  name,
  value,
  hasBadName: false,
  isBad: false,
}));

/** Reads header blocks of one connection, in the order they come (RFC 7541). */
export class HpackDecoder {
  readonly #limit: number;
  /** The newest last. Those that are not in use any more are undefined. */
  #table: (Field | undefined)[] = [];
  /** Index of the oldest one that is still in use. */
  #first = 0;
  #size = 0;
  #maxSize = tableLimit;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** `limit`: of a section, in bytes as RFC 9113, 6.5.2 counts them. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws CompressionError. */
  decode(block: Buffer): FieldSection {
    this.#block = block;
    this.#at = 0;
    const fields: string[] = [];
    let isBad = false;
    let size = 0;
    while (this.#at < block.length) {
      const field = this.#next(size === 0);
      if (field === undefined) continue;
      size += sizeOf(field);
      isBad ||= field.isBad;
      if (size <= this.#limit) fields.push(field.name, field.value);
    }
    this.#block = Buffer.alloc(0);
    return { fields, isBad, size, isTooLong: size > this.#limit };
  }

  /** Undefined for an instruction about the table, which may come before the first field only. */
  #next(isFirst: boolean): Field | undefined {
    const byte = this.#block[this.#at] as number;
    if (byte >= 0x80) return this.#indexed(this.#integer(7));
    if (byte >= 0x40) return this.#remember(this.#literal(6));
    if (byte < 0x20) return this.#literal(4);
    if (!isFirst) throw new CompressionError("table size update after a field");
    const size = this.#integer(5);
    if (size > tableLimit) throw new CompressionError("table size above the limit");
    this.#maxSize = size;
    this.#evict();
    return undefined;
  }

  #literal(prefix: number): Field {
    const index = this.#integer(prefix);
    const known = index === 0 ? undefined : this.#indexed(index);
    const name = known === undefined ? this.#text() : known.name;
    const value = this.#text();
    const hasBadName = known === undefined ? !namePattern.test(name) || upperCase.test(name) : known.hasBadName;
    return { name, value, hasBadName, isBad: hasBadName || badValue.test(value) };
  }

  #indexed(index: number): Field {
    const field =
      index <= staticFields.length
        ? staticFields[index - 1]
        : this.#table[this.#table.length - (index - staticFields.length)];
    if (field === undefined || this.#table.length - this.#first < index - staticFields.length) {
      throw new CompressionError(`no field ${index}`);
    }
    return field;
  }

  #remember(field: Field): Field {
    this.#table.push(field);
    this.#size += sizeOf(field);
    this.#evict();
    return field;
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      this.#size -= sizeOf(this.#table[this.#first] as Field);
      // An entry larger than the table is never in use, and would stay here with up to 255 like it.
      this.#table[this.#first] = undefined;
      this.#first++;
    }
    if (this.#first < 256) return;
    this.#table = this.#table.slice(this.#first);
    this.#first = 0;
  }

  #integer(prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = (this.#block[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new CompressionError("number without an end");
  }

  #text(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#at < this.#block.length ? this.#integer(7) : this.#block.length + 1;
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length) throw new CompressionError("text without an end");
    this.#at = to;
    if (!isHuffman) return this.#block.toString("latin1", from, to);
    const text = decodeHuffman(this.#block, from, to);
    if (text === undefined) throw new CompressionError("text that is not encoded as it says");
    return text;
  }
}

function sizeOf({ name, value }: Field): number {
  return name.length + value.length + entryOverhead;
}
