import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostEntry } from "../model/route.ts";
import type { Fault } from "./faults.ts";
import type { Routes } from "./route-table.ts";
import type { RoutedApp } from "./routed-app.ts";
import type { WorkerLog } from "./worker-log.ts";

const keptPages = 64;
const fileName = /^[0-9a-f]{64}$/;

/** The pages that users made. A page is read when it is first needed, and never again: its name is that of its contents. */
export class ErrorPages {
  readonly #folder: string;
  readonly #log: WorkerLog;
  readonly #read = new Map<string, string | undefined>();

  constructor(folder: string, log: WorkerLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The app's own, else the host's; the one for this code before the one for its status, and that before the one for all. */
  find(routes: Routes, app: RoutedApp | undefined, fault: Fault): string | undefined {
    const own = app?.routes.pages;
    const common = routes.app(hostEntry)?.pages;
    for (const pages of [own, common]) {
      const name = pages?.[fault.code] ?? pages?.[fault.status] ?? pages?.all;
      const page = name === undefined ? undefined : this.#get(name);
      if (page !== undefined) return page;
    }
    return undefined;
  }

  #get(name: string): string | undefined {
    if (this.#read.has(name)) return this.#read.get(name);
    const page = this.#load(name);
    if (this.#read.size >= keptPages) this.#read.delete(this.#read.keys().next().value ?? "");
    this.#read.set(name, page);
    return page;
  }

  #load(name: string): string | undefined {
    try {
      if (!fileName.test(name)) throw new Error("no name of a page");
      return readFileSync(join(this.#folder, name), "utf8");
    } catch (error) {
      this.#log.error({ err: error, page: name }, "cannot read error page, going on with our own");
      return undefined;
    }
  }
}
