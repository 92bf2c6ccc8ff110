import type { IncomingMessage } from "node:http";
import type { Fault } from "../faults.ts";
import type { RoutedApp } from "../routed-app.ts";
import type { Visit } from "../visit.ts";
import type { AppSwitches, Visitor } from "./app-switches.ts";
import { WaitingRoom } from "./waiting-room.ts";

export function visitorOf({ headers }: IncomingMessage, { clientAddress, body }: Visit): Visitor {
  const bodyLength = body === "length" ? Number(headers["content-length"]) : undefined;
  return { clientAddress, authorization: headers.authorization, bodyLength };
}

/** What a request that has entered must wait for: at once, mostly. `onGone` says when its client is gone. */
export function passage(
  app: RoutedApp,
  switches: AppSwitches,
  visitor: Visitor,
  onGone: (listener: () => void) => void,
): Fault | undefined | Promise<Fault | undefined> {
  const authorised = switches.authorise(visitor);
  if (!(authorised instanceof Promise)) return authorised ?? pause(app, onGone);
  return authorised.then((fault) => fault ?? pause(app, onGone));
}

function pause(app: RoutedApp, onGone: (listener: () => void) => void): Promise<Fault | undefined> | undefined {
  const { pause: wanted } = app.routes.switches ?? {};
  if (wanted === undefined) return undefined;
  app.waiting ??= new WaitingRoom();
  return app.waiting.wait(wanted, onGone);
}
