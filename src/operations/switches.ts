import { parseDuration } from "../lib/duration.ts";
import { parseSize } from "../lib/size.ts";
import type { Backend, RouteLimits } from "../model/route.ts";
import type { Balancing, RequestRate, Switches } from "../model/switches.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { PropertyKey } from "./operations.ts";
import { properties } from "./properties.ts";
import { off, parseRate, usersOf, words } from "./proxy-properties.ts";

// How many requests wait in each worker while an app is paused.
const pausedLimit = 1_000;

/** The app's own timeouts: those that are not the router's. */
export function limitsOf(context: Context, view: View, appId: string): RouteLimits {
  const value = changedValues(context, view, appId);
  const connectMs = parseDuration(value("proxy.connect-timeout"));
  const firstByteMs = parseDuration(value("proxy.first-byte-timeout"));
  const idleMs = parseDuration(value("proxy.idle-timeout"));
  return {
    ...(connectMs !== undefined && { connectMs }),
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(idleMs !== undefined && { idleMs }),
  };
}

/** What its web dynos speak, where it is not HTTP/1.1. */
export function backendOf(context: Context, view: View, appId: string): Backend | undefined {
  return changedValues(context, view, appId)("proxy.backend-protocol") === "h2c" ? "h2c" : undefined;
}

/** What is switched on for the app; empty for most. */
export function switchesOf(context: Context, view: View, appId: string): Switches {
  const value = changedValues(context, view, appId);
  const isOn = (key: PropertyKey) => value(key) === "true";
  const list = (key: PropertyKey) => (value(key) === "" ? undefined : words(value(key)));
  const all: { [Name in keyof Switches]: Switches[Name] | undefined } = {
    bodyLimit: parseSize(value("proxy.body-limit")) || undefined,
    headerLimit: parseSize(value("proxy.header-limit")),
    bufferRequests: isOn("proxy.request-buffering") || undefined,
    compress: isOn("proxy.compression") || undefined,
    users: value("proxy.basic-auth") === "" ? undefined : usersOf(value("proxy.basic-auth")),
    allow: list("proxy.allow"),
    deny: list("proxy.deny"),
    rate: rateOf(value("proxy.rate-limit"), value("proxy.rate-burst")),
    openLimit: Number(value("proxy.connection-limit")) || undefined,
    balancing: (value("proxy.balancing") as Balancing) || undefined,
    sticky: isOn("proxy.sticky-sessions") || undefined,
    debugToken: value("proxy.debug-token") || undefined,
    pause: pauseOf(value("proxy.paused")),
  };
  return Object.fromEntries(Object.entries(all).filter(([, given]) => given !== undefined));
}

/** Of the app, else of the host; empty where that is the default anyway, or off. */
function changedValues(context: Context, view: View, appId: string): (key: PropertyKey) => string {
  return (key) => {
    const value = view.properties.get(appId, key) ?? view.properties.get(undefined, key) ?? "";
    return value === off || value === properties[key].fallback(context.settings) ? "" : value;
  };
}

function rateOf(text: string, burst: string): RequestRate | undefined {
  const rate = parseRate(text);
  return rate && { ...rate, burst: Number(burst) || rate.count };
}

function pauseOf(text: string) {
  const maxMs = parseDuration(text);
  return maxMs === undefined ? undefined : { maxMs, limit: pausedLimit };
}
