import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { formatStamp, parseStamp, type Stamp } from "../../model/stamp.ts";

/** Longer than any stamp: a shorter one leaves nothing of a longer one behind it. */
const width = 64;

export interface GenerationFile {
  /** What it held when it was opened; undefined where it was missing or holds no stamp. */
  readonly found: Stamp | undefined;
  /** From now on `note` writes. Before that the file is evidence and stays as it is. */
  follow(stamp: Stamp): void;
  note(stamp: Stamp): void;
  close(): void;
}

/**
 * A copy of the store's generation outside of the database, so that a database file that was put back from a backup is
 * recognised. It is written after each commit and without a sync: it may be behind the database, but never ahead of it.
 */
export function openGenerationFile(path: string): GenerationFile {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const found = parseStamp(readFileSync(file, "latin1"));
  let follows = false;
  const write = (stamp: Stamp): void => {
    try {
      writeSync(file, `${formatStamp(stamp).padEnd(width - 1)}\n`, 0, "latin1");
    } catch {
      // A full disk: a copy that stays behind proves less, and nothing that is false.
    }
  };
  return {
    found,
    follow: (stamp) => {
      follows = true;
      write(stamp);
    },
    note: (stamp) => {
      if (follows) write(stamp);
    },
    close: () => {
      follows = false;
      closeSync(file);
    },
  };
}
