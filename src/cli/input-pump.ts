import { isatty } from "node:tty";
import { fromClient } from "./protocol.ts";

/** Standard input, one piece at a time and only when one is wanted: what no command reads is left to the caller's shell. */
export class InputPump {
  readonly #send: (type: number, payload?: Uint8Array) => void;
  #begun = false;
  #wanted = false;
  #ended = false;
  #raw = false;

  constructor(send: (type: number, payload?: Uint8Array) => void) {
    this.#send = send;
  }

  want(): void {
    this.#wanted = true;
    if (!this.#begun) this.#begin();
    this.#pump();
  }

  setRaw(raw: boolean): void {
    if (raw === this.#raw || !isatty(0)) return;
    this.#raw = raw;
    process.stdin.setRawMode(raw);
    // Node leaves the terminal to make "\r\n" of "\n", which the program's own has done: editors would draw stairs.
    if (raw)
      process
        .getBuiltinModule("node:child_process")
        .spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  }

  #begin(): void {
    this.#begun = true;
    process.stdin.on("readable", () => this.#pump());
    process.stdin.on("end", () => this.#end());
    process.stdin.on("error", (error) => {
      process.stderr.write(` !     Cannot read standard input: ${error.message}\n`);
      this.#end();
    });
  }

  #pump(): void {
    if (!this.#wanted) return;
    if (this.#ended) {
      this.#wanted = false;
      this.#send(fromClient.inputEnd);
      return;
    }
    const piece: Buffer | null = process.stdin.read();
    if (piece === null) return;
    this.#wanted = false;
    this.#send(fromClient.input, piece);
  }

  #end(): void {
    this.#ended = true;
    this.#pump();
  }
}
