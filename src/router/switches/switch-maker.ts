import { Slots } from "../../lib/slots.ts";
import type { Switches } from "../../model/switches.ts";
import { type Fault, faults } from "../faults.ts";
import type { WorkerLog } from "../worker-log.ts";
import { AppSwitches } from "./app-switches.ts";
import { passwordChecksAtOnce } from "./passwords.ts";
import type { SwitchContext } from "./switch-context.ts";

/** Makes the switches of apps from what the table says of them. */
export class SwitchMaker {
  readonly #context: SwitchContext = { passwordSlots: new Slots(passwordChecksAtOnce) };
  readonly #log: WorkerLog | undefined;

  constructor(log?: WorkerLog) {
    this.#log = log;
  }

  /** The present ones where nothing has changed, which go on counting. */
  make(app: string, wanted: Switches | undefined, present: AppSwitches | undefined): AppSwitches | undefined {
    if (wanted === undefined) return undefined;
    if (present !== undefined && JSON.stringify(present.switches) === JSON.stringify(wanted)) return present;
    try {
      return new AppSwitches(wanted, this.#context);
    } catch (error) {
      this.#log?.error({ err: error, app }, "switches cannot be used, refusing the app's requests");
      return new ClosedSwitches(this.#context);
    }
  }
}

/** Of an app whose settings make no sense: one of them may have been there to keep somebody out. */
class ClosedSwitches extends AppSwitches {
  constructor(context: SwitchContext) {
    super({}, context);
  }

  override enter(): Fault {
    return faults.broken;
  }
}
