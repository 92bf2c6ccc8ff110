import type { Fault } from "./faults.ts";
import type { RawHeaders } from "./headers.ts";

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html, by what clients make of a status of HTTP that comes without one.
const codes: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  413: 8,
  429: 14,
  431: 8,
  499: 1,
  501: 12,
  502: 14,
  503: 14,
};
const unknown = 2;

/** Whether it is a call of gRPC, whose client reads no page. */
export function isGrpc(httpVersion: string, contentType: string | undefined): boolean {
  return httpVersion === "2.0" && /^application\/grpc(?:$|[+;])/i.test(contentType ?? "");
}

/** An answer of nothing but these headers: its client takes them for trailers. */
export function grpcError({ status, code, desc, cause, cure }: Fault, requestId: string): RawHeaders {
  return [
    "Content-Type",
    "application/grpc",
    "grpc-status",
    String(codes[status] ?? unknown),
    "grpc-message",
    percentEncoded(`${desc} (${code}): ${cause} ${cure}`),
    "Berth-Error",
    code,
    "X-Request-Id",
    requestId,
  ];
}

function percentEncoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character));
}
