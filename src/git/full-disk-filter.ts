import { Transform } from "node:stream";
import { diskFull, meansFullDisk } from "../model/full-disk.ts";
import { explainTo } from "../model/progress-printer.ts";

// git calls what is neither data nor the answer of a push a side band: its progress, its errors and what hooks print.
const progressBand = 2;
const fatalBand = 3;
const headLength = 4;

/**
 * For what `git receive-pack` sends to its client: where git says in its own words that the disk is full, the client gets
 * the sentence that Berth has for it. All else passes byte for byte.
 */
export function fullDiskFilter(): Transform {
  let rest: Buffer = Buffer.alloc(0);
  let said = false;
  const replaced = (packet: Buffer): Buffer => {
    const band = packet[headLength] ?? 0;
    if (band !== progressBand && band !== fatalBand) return packet;
    const text = packet.toString("utf8", headLength + 1);
    if (!meansFullDisk(text)) return packet;
    const lines = text.split(/(?<=[\r\n])/).flatMap((line) => {
      if (!meansFullDisk(line)) return [line];
      const first = !said;
      said = true;
      return first ? [sentence()] : [];
    });
    // A packet without text would end the session early.
    return lines.length === 0 ? Buffer.alloc(0) : packetOf(band, lines.join(""));
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (;;) {
        const length = lengthOf(rest);
        if (length === undefined || rest.length < length) break;
        this.push(replaced(rest.subarray(0, length)));
        rest = rest.subarray(length);
      }
      done();
    },
    flush(done) {
      this.push(rest);
      done();
    },
  });
}

/** Of the packet at the beginning, with its head. Undefined: not all of the head is there yet. */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < headLength) return undefined;
  const length = Number.parseInt(bytes.toString("latin1", 0, headLength), 16);
  // 0 to 3 are marks without contents; what is no number is no packet, and passes as it is.
  if (Number.isNaN(length)) return bytes.length;
  return Math.max(length, headLength);
}

function packetOf(band: number, text: string): Buffer {
  const contents = Buffer.concat([Buffer.of(band), Buffer.from(text)]);
  return Buffer.concat([Buffer.from((contents.length + headLength).toString(16).padStart(headLength, "0")), contents]);
}

function sentence(): string {
  let text = "";
  explainTo((part) => {
    text += part;
  }, diskFull(undefined));
  return text;
}
