import type * as Http from "node:http";

// An ES import of node:http reads every export of it, and one of them, WebSocket, is a getter that loads all of undici:
// 17 MB in each process that has no use for it. Asked for like this, only what is used is loaded.
const http = process.getBuiltinModule("node:http");

export const { Agent, createServer, METHODS, request, STATUS_CODES, ServerResponse } = http;
export type Agent = Http.Agent;
export type ServerResponse = Http.ServerResponse;
