import type { Fault } from "./faults.ts";
import type { RawHeaders } from "./headers.ts";

export interface ErrorPage {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: string;
}

type Format = "html" | "text" | "json";

const types: Record<Format, string> = {
  html: "text/html; charset=utf-8",
  text: "text/plain; charset=utf-8",
  json: "application/json; charset=utf-8",
};

/** A short page in the form the client asks for. `requestId` leads to the line in the access log. */
export function errorPage(
  fault: Fault,
  accept: string | undefined,
  requestId: string | undefined,
  /** The user's own, in HTML: for all who did not ask for something else. */
  custom?: string,
): ErrorPage {
  const wanted = preferredFormat(accept);
  const format = custom !== undefined && wanted === undefined ? "html" : (wanted ?? "text");
  const body =
    custom !== undefined && format === "html" ? fill(custom, fault, requestId) : render(format, fault, requestId);
  return {
    status: fault.status,
    headers: [
      "Content-Type",
      types[format],
      "Content-Length",
      String(Buffer.byteLength(body)),
      "Cache-Control",
      "no-store",
      "Vary",
      "Accept",
      "Berth-Error",
      fault.code,
      ...(requestId === undefined ? [] : ["X-Request-Id", requestId]),
      ...(fault.headers ?? []),
    ],
    body,
  };
}

/** `{{code}}` and the like in a page of a user's. None of the values can be more than text to a browser. */
function fill(page: string, { code, status, desc, cause, cure }: Fault, requestId = ""): string {
  const values: Readonly<Record<string, string>> = {
    code,
    status: String(status),
    title: desc,
    cause,
    cure,
    request_id: requestId,
  };
  return page.replace(
    /\{\{ ?(code|status|title|cause|cure|request_id) ?\}\}/g,
    (_, name: string) => values[name] ?? "",
  );
}

/** Undefined for those who did not ask for anything: curl, health checks, scripts. They get plain text. */
export function preferredFormat(accept: string | undefined): Format | undefined {
  if (accept === undefined) return undefined;
  let best: Format | undefined;
  let bestWeight = 0;
  for (const part of accept.toLowerCase().split(",")) {
    const [range = "", ...parameters] = part.split(";").map((word) => word.trim());
    const format = formatOf(range);
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2)) || 0;
    if (format !== undefined && weight > bestWeight) {
      best = format;
      bestWeight = weight;
    }
  }
  return best;
}

function formatOf(range: string): Format | undefined {
  if (range === "text/html" || range === "application/xhtml+xml") return "html";
  if (range === "text/plain" || range === "text/*") return "text";
  if (range === "application/json" || range === "application/problem+json") return "json";
  return undefined;
}

function render(format: Format, fault: Fault, requestId: string | undefined): string {
  const { code, status, desc, cause, cure } = fault;
  if (format === "json") return `${JSON.stringify({ error: { code, status, title: desc, cause, cure, requestId } })}\n`;
  if (format === "text") return `${status} ${desc} (${code})\n\n${cause}\n${cure}\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${desc}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto 0; padding: 0 1.5rem; color: #223; background: #fafafa }
h1 { font-size: 1.4rem } small { color: #667 }
@media (prefers-color-scheme: dark) { body { color: #dde; background: #16181d } small { color: #99a } }
</style>
</head>
<body>
<h1>${desc}</h1>
<p>${cause}</p>
<p>${cure}</p>
<small>${status} ${code}${requestId === undefined ? "" : ` &middot; request ${requestId}`}</small>
</body>
</html>
`;
}
