/** Why the router, and not an app, ends a request. Heroku's codes where it has one; `at`, `desc` are its log's words. */
export interface Fault {
  readonly code: string;
  readonly status: number;
  readonly desc: string;
  readonly cause: string;
  readonly cure: string;
  /** Of the answer, besides those that all have. */
  readonly headers?: readonly string[];
}

function fault(code: string, status: number, desc: string, cause: string, cure: string): Fault {
  return { code, status, desc, cause, cure };
}

export const faults = {
  badRequest: fault(
    "bad-request",
    400,
    "Bad request",
    "The request breaks the rules of HTTP.",
    "Check the address, or the program that sent it.",
  ),
  noTunnels: {
    ...fault(
      "method-not-allowed",
      405,
      "Method not allowed",
      "This server opens no tunnels.",
      "Ask it for what it has, with GET; it is no proxy to other servers.",
    ),
    headers: ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
  },
  lineTooLong: fault(
    "line-too-long",
    414,
    "URI too long",
    "The first line of the request is longer than this app takes.",
    "Send long parameters in the body; if the app is yours, raise the limit with: proxy:set APP header-limit SIZE.",
  ),
  headersTooLarge: fault(
    "headers-too-large",
    431,
    "Request header fields too large",
    "The request has more than 1,000 headers, or one that is longer than this app takes.",
    "Check the size of its cookies; if the app is yours, raise the limit with: proxy:set APP header-limit SIZE.",
  ),
  headTimeout: fault(
    "head-timeout",
    408,
    "Request timeout",
    "The head of the request did not arrive in time.",
    "Check your connection and send it again.",
  ),
  expectationFailed: fault(
    "H26",
    417,
    "Request Error",
    "The request expects what this server does not know.",
    "Send it without the header Expect.",
  ),
  notImplemented: fault(
    "not-implemented",
    501,
    "Not implemented",
    "The request uses a transfer coding that this server does not know.",
    "Send the body with Content-Length or with Transfer-Encoding: chunked.",
  ),
  unknownMethod: fault(
    "unknown-method",
    501,
    "Not implemented",
    "This server does not know the method of the request.",
    "Use a method of HTTP or WebDAV, such as GET or POST, in capitals.",
  ),
  unknownHost: fault(
    "unknown-host",
    404,
    "Unknown host",
    "No app answers to this host name.",
    "Check the spelling, or give the name to an app with: domains:add APP HOST.",
  ),
  unauthorized: fault(
    "unauthorized",
    401,
    "Unauthorized",
    "This app asks for a name and a password.",
    "Sign in; if it is yours, see who may with: proxy:report APP --proxy-basic-auth.",
  ),
  addressDenied: fault(
    "address-denied",
    403,
    "Forbidden",
    "This app does not answer to your address.",
    "If it is yours, see: proxy:report APP --proxy-allow, and --proxy-deny.",
  ),
  bodyTooLarge: fault(
    "body-too-large",
    413,
    "Content Too Large",
    "The request's body is larger than this app takes.",
    "Send less; if the app is yours, raise the limit with: proxy:set APP body-limit SIZE.",
  ),
  rateLimited: fault(
    "rate-limited",
    429,
    "Too Many Requests",
    "More requests came from your address than this app takes.",
    "Wait a moment; if the app is yours, raise the limit with: proxy:set APP rate-limit COUNT/s.",
  ),
  connectionLimit: fault(
    "H22",
    503,
    "Connection limit reached",
    "Too many requests from your address are open on this app.",
    "Wait until some are over; if the app is yours, raise the limit with: proxy:set APP connection-limit COUNT.",
  ),
  tooManyWait: fault(
    "H11",
    503,
    "Backlog too deep",
    "This app is paused, and as many requests as may wait do.",
    "Try again in a moment; if it is yours, go on with: proxy:resume APP.",
  ),
  waitedTooLong: fault(
    "H11",
    503,
    "Backlog too deep",
    "This app is paused, and the request has waited for as long as it may.",
    "Try again in a moment; if it is yours, go on with: proxy:resume APP.",
  ),
  authenticationBusy: fault(
    "H11",
    503,
    "Backlog too deep",
    "Too many passwords are being checked.",
    "Try again in a moment.",
  ),
  maintenance: fault(
    "H80",
    503,
    "Maintenance mode",
    "This app is down for maintenance.",
    "Try again later; if it is yours, end it with: maintenance:off APP.",
  ),
  blankApp: fault(
    "H81",
    503,
    "Blank app",
    "This app has no code yet.",
    "If it is yours, push it: git push berth@HOST:APP main.",
  ),
  crashed: fault(
    "H10",
    503,
    "App crashed",
    "All web processes of this app have ended, and are being started again.",
    "Try again in a moment; if it is yours, see why with: logs APP.",
  ),
  broken: fault(
    "H99",
    503,
    "Platform error",
    "Something in this server went wrong; the app is not to blame.",
    "Try again in a moment; if the server is yours, see router.log in its root.",
  ),
  noDescriptors: {
    ...fault(
      "no-descriptors",
      503,
      "Out of file descriptors",
      "This server can open no more connections at the moment; the app is not to blame.",
      "Try again in a moment; if the server is yours, see router.log in its root, and raise LimitNOFILE of its service.",
    ),
    headers: ["Retry-After", "1"],
  },
  noWebDynos: fault(
    "H14",
    503,
    "No web dynos running",
    "This app has no running web process.",
    "If it is yours, start one with: ps:scale APP web=1, or see: ps:report APP.",
  ),
  refused: fault(
    "H21",
    503,
    "Backend connection refused",
    "This app's web process does not accept connections.",
    "Try again in a moment; if it is yours, see: logs APP.",
  ),
  connectTimeout: fault(
    "H19",
    503,
    "Backend connection timeout",
    "This app's web process did not accept the connection in time.",
    "Try again in a moment; if it is yours, see: logs APP.",
  ),
  firstByteTimeout: fault(
    "H12",
    503,
    "Request timeout",
    "This app took too long to answer.",
    "Try again in a moment; if it is yours, move long work to a worker process.",
  ),
  clientIdle: fault(
    "H28",
    499,
    "Client Connection Idle",
    "The rest of the request did not arrive in time.",
    "Check your connection and send it again.",
  ),
  closedWithoutResponse: fault(
    "H13",
    503,
    "Connection closed without response",
    "This app closed the connection before it answered.",
    "Try again in a moment; if it is yours, see: logs APP.",
  ),
  malformedResponse: fault(
    "H17",
    503,
    "Poorly formatted HTTP response",
    "This app's answer breaks the rules of HTTP.",
    "If it is yours, check the headers it sends, and see: logs APP.",
  ),
  restrictedResponse: fault(
    "H25",
    502,
    "HTTP Restriction",
    "This app's answer has headers that are too long or contradict each other.",
    "If it is yours, check Content-Length, Transfer-Encoding and cookies, and see: logs APP.",
  ),
} as const;

export function withHeaders(fault: Fault, headers: readonly string[]): Fault {
  return { ...fault, headers };
}

/** What only the log tells: the client got no page of ours. */
export const interruptions = {
  /** The dyno went away in the middle of its answer. */
  byDyno: { code: "H18", desc: "Server Request Interrupted" },
  byClient: { code: "H27", desc: "Client Request Interrupted" },
  clientIdle: { code: "H28", desc: "Client Connection Idle" },
  idle: { code: "H15", desc: "Idle connection" },
} as const;
