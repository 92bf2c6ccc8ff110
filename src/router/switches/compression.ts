import type { Transform } from "node:stream";
import type { BrotliOptions, ZlibOptions } from "node:zlib";
import type { Coding } from "./accept-encoding.ts";

// A worker whose apps do not compress does not load it.
const zlib = () => process.getBuiltinModule("node:zlib");

// What is answered while somebody waits: most of the gain for a fraction of the time that the best levels take.
const gzipOptions: ZlibOptions = { level: 5 };

function brotliOptions(size?: number): BrotliOptions {
  const { constants } = zlib();
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      // A window of 256 KB: memory for each answer that is on its way.
      [constants.BROTLI_PARAM_LGWIN]: 18,
      ...(size !== undefined && { [constants.BROTLI_PARAM_SIZE_HINT]: size }),
    },
  };
}

export function compressWhole(coding: Coding, body: Buffer): Buffer {
  return coding === "br"
    ? zlib().brotliCompressSync(body, brotliOptions(body.length))
    : zlib().gzipSync(body, gzipOptions);
}

/** Compresses what is written to it; `flush` gets out what there is. */
export interface Compressor extends Transform {
  flush(kind: number, done?: () => void): void;
}

export function compressor(coding: Coding): { readonly stream: Compressor; readonly flush: () => void } {
  const { constants, createBrotliCompress, createGzip } = zlib();
  const stream: Compressor = coding === "br" ? createBrotliCompress(brotliOptions()) : createGzip(gzipOptions);
  const kind = coding === "br" ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
  return { stream, flush: () => stream.flush(kind) };
}
