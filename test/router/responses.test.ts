import { type Conversation, playAll } from "./helpers/conversation.ts";

const get = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
const head = get.replace("GET", "HEAD");
const old = "GET / HTTP/1.0\r\nHost: app.test\r\n\r\n";
const answer = (fields: string, body = "", status = "200 OK") => `HTTP/1.1 ${status}\r\n${fields}\r\n${body}`;

const ok = /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nok$/;
const chunkedOk =
  /^HTTP\/1.1 200 OK\r\n[\s\S]*Transfer-Encoding: chunked\r\n(?:[^\r\n]+\r\n)*\r\n(2\r\nok|1\r\no\r\n1\r\nk)\r\n0\r\n\r\n$/;
const emptyOk = /^HTTP\/1.1 200 OK\r\n(?:[^\r\n]+\r\n)*\r\n$/;
const page = (code: string) => new RegExp(`^HTTP/1.1 50[0-9] [\\s\\S]*\\r\\nBerth-Error: ${code}\\r\\n`);
const malformed = { gets: page("H17"), keeps: false } as const;
const restricted = { gets: page("H25"), keeps: false } as const;
/** If the answer begins at all, the client can tell that it is not whole. */
const broken = { gets: /^(HTTP\/1.1 200 OK\r\n(?![\s\S]*0\r\n\r\n$)|$)/, keeps: false } as const;

// A line a case: the bytes of a dyno, what the client gets of them, and whether the connection can be used again.
// biome-ignore format: a table
const cases: readonly Conversation[] = [
  // Where a body ends.
  { name: "a body of known length", send: get, answer: answer("Content-Length: 2\r\n", "ok"), gets: ok, keeps: true },
  { name: "a body that comes byte by byte", send: get, answer: [answer("Content-Length: 2\r\n"), "o", "k"], gets: ok, keeps: true },
  { name: "a head that comes in pieces", send: get, answer: ["HT", "TP/1.1 200", " OK\r", "\nContent-Length: 2\r\n\r", "\nok"], gets: ok, keeps: true },
  { name: "an empty body", send: get, answer: answer("Content-Length: 0\r\n"), gets: emptyOk, keeps: true },
  { name: "a large body", send: get, answer: answer("Content-Length: 300000\r\n", "x".repeat(300_000)), gets: /\r\n\r\nx{300000}$/, keeps: true },
  { name: "the same length twice", send: get, answer: answer("Content-Length: 2\r\nContent-Length: 2\r\n", "ok"), gets: /^HTTP\/1.1 200 OK\r\n(?![\s\S]*Content-Length[\s\S]*Content-Length)[\s\S]*ok$/, keeps: true },
  { name: "the same length twice in one line", send: get, answer: answer("Content-Length: 2, 2\r\n", "ok"), gets: /\r\nContent-Length: 2\r\n[\s\S]*ok$/, keeps: true },
  { name: "two lengths", send: get, answer: answer("Content-Length: 2\r\nContent-Length: 3\r\n", "ok"), ...restricted },
  { name: "a length with a sign", send: get, answer: answer("Content-Length: +2\r\n", "ok"), ...restricted },
  { name: "a length that is none", send: get, answer: answer("Content-Length: two\r\n", "ok"), ...restricted },
  { name: "an empty length", send: get, answer: answer("Content-Length:\r\n", "ok"), ...restricted },
  { name: "a length beyond all numbers", send: get, answer: answer("Content-Length: 99999999999999999999\r\n", "ok"), ...restricted },
  { name: "two lengths where there is no body", send: head, answer: answer("Content-Length: 2\r\nContent-Length: 3\r\n"), ...restricted },
  { name: "chunks", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "1\r\no\r\n1\r\nk\r\n0\r\n\r\n"), gets: chunkedOk, keeps: true },
  { name: "chunks cut anywhere", send: get, answer: [answer("Transfer-Encoding: chunked\r\n"), "2", "\r", "\no", "k\r", "\n0\r", "\n\r", "\n"], gets: chunkedOk, keeps: true },
  { name: "chunks with extensions, zeros and capitals", send: get, answer: answer("transfer-encoding: Chunked\r\n", "0002 ; a=b\r\nok\r\n000;c\r\n\r\n"), gets: chunkedOk, keeps: true },
  { name: "chunks, and a length that they overrule", send: get, answer: answer("Content-Length: 9\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), gets: /^(?![\s\S]*Content-Length)[\s\S]*\r\n2\r\nok\r\n0\r\n\r\n$/, keeps: false },
  { name: "trailers", send: get, answer: answer("Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", "2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"), gets: /\r\nTrailer: X-Sum\r\n[\s\S]*0\r\nX-Sum: 1\r\n\r\n$/, keeps: true },
  { name: "trailers that would frame or identify", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\nContent-Length: 5\r\nSet-Cookie: a\r\nX-Sum: 1\r\n\r\n"), gets: /\r\n0\r\nX-Sum: 1\r\n\r\n$/, keeps: true },
  { name: "a body that ends with the connection", send: get, answer: answer("", "ok"), ends: "end", gets: chunkedOk, keeps: false },
  { name: "the same to HTTP/1.0", send: old, answer: answer("", "ok"), ends: "end", gets: ok, reset: false },
  { name: "chunks to HTTP/1.0", send: old, answer: answer("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), gets: /^(?![\s\S]*Transfer-Encoding)[\s\S]*\r\n\r\nok$/, reset: false },
  { name: "another coding", send: get, answer: answer("Transfer-Encoding: gzip, chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), ...restricted },
  { name: "chunked twice", send: get, answer: answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), ...restricted },
  { name: "chunks in HTTP/1.0", send: get, answer: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ...restricted },

  // Lines that end with a line feed alone.
  { name: "a head of such lines", send: get, answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", gets: ok, keeps: true },
  { name: "a head of such lines, in pieces", send: get, answer: ["HTTP/1.1 200 OK", "\nContent-Le", "ngth: 2\n", "\n", "ok"], gets: ok, keeps: true },
  { name: "a head of such lines, with a folded field, a blank before a colon and no end but the connection's", send: get, answer: "HTTP/1.0 200 OK\nX-A: a\n b\nX-B : c\n\nok", ends: "end", gets: /\r\nX-A: a b\r\nX-B: c\r\n[\s\S]*\r\n2\r\nok\r\n0\r\n\r\n$/, keeps: false },
  { name: "a head of such lines before a body with empty lines", send: get, answer: "HTTP/1.1 200 OK\nContent-Length: 8\n\n\r\n\r\n\r\nok", gets: /\r\n\r\n\r\n\r\n\r\nok$/, keeps: true },
  { name: "only the first line of a head", send: get, answer: "HTTP/1.1 200 OK\nX-A: 1\r\nContent-Length: 2\r\n\r\nok", gets: /\r\nX-A: 1\r\n[\s\S]*ok$/, keeps: true },
  { name: "only the last line of a head", send: get, answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok", gets: ok, keeps: true },
  { name: "only the last line of a head before a body with empty lines", send: get, answer: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\n\r\n\r\nok", gets: /\r\n\r\n\r\n\r\nok$/, keeps: true },
  { name: "only the last line of a head, in pieces", send: get, answer: ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "\n", "ok"], gets: ok, keeps: true },
  { name: "103 and the answer in such lines", send: get, answer: "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", gets: /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*ok$/, keeps: true },
  { name: "chunk lines", send: get, answer: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1;a\no\n1\r\nk\n0\nX-Sum: 1\n\n", gets: /\r\n\r\n(2\r\nok|1\r\no\r\n1\r\nk)\r\n0\r\nX-Sum: 1\r\n\r\n$/, keeps: true },
  { name: "chunk lines cut anywhere", send: get, answer: [answer("Transfer-Encoding: chunked\r\n"), "2", "\n", "ok", "\n0", "\n", "\n"], gets: chunkedOk, keeps: true },
  { name: "a field among others, which somebody else may have put there", send: get, answer: answer("X-A: a\nSet-Cookie: b\r\n"), ...malformed },
  { name: "an end of the head among others, likewise", send: get, answer: answer("X-A: a\n\nevil\r\nX-B: b\r\n"), ...malformed },
  { name: "two lengths in such lines", send: get, answer: "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nok", ...restricted },
  { name: "carriage returns alone end nothing, and nobody waits for more", send: get, answer: "HTTP/1.1 200 OK\rContent-Length: 2\r\rok", ...malformed },

  // Without a body.
  { name: "HEAD with a length", send: head, answer: answer("Content-Length: 5\r\n"), gets: /\r\nContent-Length: 5\r\n(?:[^\r\n]+\r\n)*\r\n$/, keeps: true },
  { name: "HEAD with chunks announced", send: head, answer: answer("Transfer-Encoding: chunked\r\n"), gets: emptyOk, keeps: true },
  { name: "HEAD with a body all the same", send: head, answer: answer("Content-Length: 2\r\n", "ok"), gets: emptyOk, keeps: false },
  { name: "204", send: get, answer: answer("X-A: 1\r\n", "", "204 No Content"), gets: /^HTTP\/1.1 204 No Content\r\nX-A: 1\r\n(?:[^\r\n]+\r\n)*\r\n$/, keeps: true },
  { name: "204 with a length", send: get, answer: answer("Content-Length: 0\r\n", "", "204 No Content"), gets: /^(?![\s\S]*Content-Length)HTTP\/1.1 204 /, keeps: true },
  { name: "204 with a body", send: get, answer: answer("Content-Length: 2\r\n", "ok", "204 No Content"), gets: /^HTTP\/1.1 204 No Content\r\n(?:[^\r\n]+\r\n)*\r\n$/, keeps: false },
  { name: "304 with a length", send: get, answer: answer("Content-Length: 7\r\nETag: x\r\n", "", "304 Not Modified"), gets: /^HTTP\/1.1 304 [\s\S]*\r\nContent-Length: 7\r\n(?:[^\r\n]+\r\n)*\r\n$/, keeps: true },
  { name: "205 with a length of zero", send: get, answer: answer("Content-Length: 0\r\n", "", "205 Reset Content"), gets: /^HTTP\/1.1 205 /, keeps: true },

  // Before the answer.
  { name: "100 is not passed on", send: get, answer: `HTTP/1.1 100 Continue\r\n\r\n${answer("Content-Length: 2\r\n", "ok")}`, gets: ok, keeps: true },
  { name: "103 is passed on", send: get, answer: [`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n`, answer("Content-Length: 2\r\n", "ok")], gets: /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*ok$/, keeps: true },
  { name: "103 twice, and then the answer, in one piece", send: get, answer: `${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(2)}${answer("Content-Length: 2\r\n", "ok")}`, gets: /^(HTTP\/1.1 103 Early Hints\r\nLink: <\/a>\r\n\r\n){2}HTTP\/1.1 200 OK\r\n/, keeps: true },
  { name: "103 to HTTP/1.0 is not passed on", send: old, answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${answer("Content-Length: 2\r\n", "ok")}`, gets: ok },
  { name: "101 that nobody asked for", send: get, answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", ...malformed },

  // Connections.
  { name: "Connection: close", send: get, answer: answer("Connection: close\r\nContent-Length: 2\r\n", "ok"), gets: ok, keeps: false },
  { name: "close among other words", send: get, answer: answer("Connection: Keep-Alive, Close\r\nContent-Length: 2\r\n", "ok"), gets: ok, keeps: false },
  { name: "an end right after the answer", send: get, answer: answer("Content-Length: 2\r\n", "ok"), ends: "end", gets: ok, keeps: false },
  { name: "HTTP/1.0", send: get, answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", gets: /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nVia: 1.0 berth\r\n/, keeps: false },
  { name: "HTTP/1.0 that keeps its connection", send: get, answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", gets: ok, keeps: true },
  { name: "a Keep-Alive that is over at once", send: get, answer: answer("Keep-Alive: timeout=1\r\nContent-Length: 2\r\n", "ok"), gets: ok, keeps: false },
  { name: "bytes after the answer", send: get, answer: answer("Content-Length: 2\r\n", "okHTTP/1.1 200 OK\r\n\r\nevil"), gets: ok, keeps: false },
  { name: "bytes after the last chunk", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\nevil"), gets: chunkedOk, keeps: false },
  { name: "what Connection names stays here", send: get, answer: answer("Connection: x-a\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n", "ok"), gets: /^(?![\s\S]*(X-A|timeout=5))[\s\S]*ok$/, keeps: true },
  { name: "an answer before the request is whole", send: "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab", answer: answer("Content-Length: 2\r\n", "ok"), gets: ok, keeps: true },

  // Heads.
  { name: "no reason", send: get, answer: answer("Content-Length: 2\r\n", "ok", "200 "), gets: /^HTTP\/1.1 200 \r\n[\s\S]*ok$/, keeps: true },
  { name: "not even a space before it", send: get, answer: answer("Content-Length: 2\r\n", "ok", "200"), gets: /^HTTP\/1.1 200 \r\n[\s\S]*ok$/, keeps: true },
  { name: "a reason and fields beyond ASCII", send: get, answer: answer("X-A: caf\xe9\r\nContent-Length: 2\r\n", "ok", "200 \xe9"), gets: /^HTTP\/1.1 200 \xe9\r\nX-A: caf\xe9\r\n/, keeps: true },
  { name: "any status of three digits", send: get, answer: answer("Content-Length: 2\r\n", "ok", "799 Odd"), gets: /^HTTP\/1.1 799 Odd\r\n/, keeps: true },
  { name: "a folded field is joined", send: get, answer: answer("X-A: a \r\n\t b\r\nContent-Length: 2\r\n", "ok"), gets: /\r\nX-A: a +b\r\n[\s\S]*ok$/, keeps: true },
  { name: "a space before a colon is taken out", send: get, answer: answer("Content-Length : 2\r\n", "ok"), gets: /\r\nContent-Length: 2\r\n[\s\S]*ok$/, keeps: true },
  { name: "a first field that begins with a space", send: get, answer: answer(" X-A: a\r\nContent-Length: 2\r\n", "ok"), ...malformed },
  { name: "a field without a colon", send: get, answer: answer("X-A\r\n"), ...malformed },
  { name: "a field name with a space", send: get, answer: answer("X A: 1\r\n"), ...malformed },
  { name: "a field without a name", send: get, answer: answer(": 1\r\n"), ...malformed },
  { name: "a carriage return in a field", send: get, answer: answer("X-A: a\rSet-Cookie: b\r\n"), ...malformed },
  { name: "a line feed in a field", send: get, answer: answer("X-A: a\nSet-Cookie: b\r\n"), ...malformed },
  { name: "a zero byte in a field", send: get, answer: answer("X-A: a\0b\r\n"), ...malformed },
  { name: "a status of two digits", send: get, answer: answer("", "", "20 OK"), ...malformed },
  { name: "a status of four digits", send: get, answer: answer("", "", "2000 OK"), ...malformed },
  { name: "a status below 100", send: get, answer: answer("", "", "099 No"), ...malformed },
  { name: "another protocol", send: get, answer: "SSH-2.0-OpenSSH_9.2\r\n", ...malformed },
  { name: "HTTP/2 frames", send: get, answer: "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", ...malformed },
  { name: "HTTP/0.9", send: get, answer: "<html>hello</html>\r\n\r\n", ends: "end", ...malformed },
  { name: "an empty line before the head", send: get, answer: `\r\n${answer("Content-Length: 2\r\n", "ok")}`, ...malformed },
  { name: "a field of 200,000 bytes", send: get, answer: answer(`X-Long: ${"x".repeat(200_000)}\r\nContent-Length: 2\r\n`, "ok"), gets: /\r\nX-Long: x{200000}\r\n[\s\S]*ok$/, keeps: true },
  { name: "a head of more than 512 KiB", send: get, answer: answer(`X-Long: ${"x".repeat(600_000)}\r\n`), ...restricted },
  { name: "a head of 500,000 bytes of blanks and folds", send: get, answer: answer(`X-Long: ${" ".repeat(250_000)}${"\r\n \t".repeat(60_000)}x\r\nContent-Length: 2\r\n`, "ok"), gets: ok, keeps: true },
  { name: "a status line of more than 8,192 bytes", send: get, answer: answer("", "", `200 ${"x".repeat(8_192)}`), ...restricted },
  { name: "5,000 fields", send: get, answer: answer(`${"X-A: 1\r\n".repeat(5_000)}Content-Length: 2\r\n`, "ok"), gets: /^HTTP\/1.1 200 OK\r\n(X-A: 1\r\n){5000}/, keeps: true },

  // What breaks off.
  { name: "nothing at all", send: get, answer: "", ends: "end", gets: page("H13") },
  { name: "a reset instead of an answer", send: get, answer: "", ends: "reset", gets: page("H13") },
  { name: "an end in the head", send: get, answer: "HTTP/1.1 200 OK\r\nContent-", ends: "end", gets: page("H13"), keeps: false },
  { name: "an end before the length is reached", send: get, answer: answer("Content-Length: 9\r\n", "short"), ends: "end", ...broken },
  { name: "a reset before the length is reached", send: get, answer: answer("Content-Length: 9\r\n", "short"), ends: "reset", ...broken },
  { name: "an end between two chunks", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\n"), ends: "end", ...broken },
  { name: "an end before the trailers do", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\n0\r\n"), ends: "end", ...broken },
  { name: "a reset of a body that ends with the connection", send: get, answer: answer("", "short"), ends: "reset", ...broken },
  { name: "the same to HTTP/1.0: only a reset shows it", send: old, answer: answer("", "short"), ends: "reset", gets: /short$/, reset: true },
  { name: "chunks that break off to HTTP/1.0", send: old, answer: answer("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\n"), ends: "end", gets: /short$/, reset: true },
  { name: "a chunk size that is none", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\nx\r\n"), ...broken },
  { name: "a chunk longer than its size", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "4\r\nshort\r\n0\r\n\r\n"), ...broken },
  { name: "a chunk line without an end", send: get, answer: answer("Transfer-Encoding: chunked\r\n", `5;${"x".repeat(9_000)}`), ...broken },
  { name: "a trailer that is none", send: get, answer: answer("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\n0\r\nX A\r\n\r\n"), ...broken },
];

playAll("answers, byte for byte", cases);
