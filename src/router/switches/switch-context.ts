import type { Slots } from "../../lib/slots.ts";

/** What the switches of all apps of a worker share. */
export interface SwitchContext {
  readonly passwordSlots: Slots;
}
