import { type Conversation, playAll } from "./helpers/conversation.ts";

/** The frame that ends a connection of HTTP/2 on which nothing was begun. */
const goaway = (code: number) => Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, code]).toString("latin1");

const host = "Host: app.test\r\n";
const close = "Connection: close\r\n";
const get = (fields: string) => `GET / HTTP/1.1\r\n${host}${fields}${close}\r\n`;
const post = (fields: string, body: string) => `POST / HTTP/1.1\r\n${host}${fields}${close}\r\n${body}`;
const chunked = (body: string) => post("Transfer-Encoding: chunked\r\n", body);

const passed = /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nok$/;
const twice = /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nokHTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nok$/;
/** One page, and nothing after it. */
const refused = (status: number) => new RegExp(`^HTTP/1.1 ${status} (?:(?!HTTP/1.1)[\\s\\S])*$`);
const bad = { sees: "nothing", gets: refused(400) } as const;

// A line a case: the bytes of a client, and what becomes of them.
// biome-ignore format: a table
const cases: readonly Conversation[] = [
  // Hop by hop.
  { name: "Connection and what it names stays here", send: get("X-A: 1\r\nConnection: x-a\r\n"), sees: /^(?![\s\S]*(X-A|Connection))/i, gets: passed },
  { name: "Connection cannot take out Host", send: get("Connection: host\r\n"), sees: /\r\nHost: app.test\r\n/, gets: passed },
  { name: "Connection cannot take out Content-Length", send: post("Content-Length: 2\r\nConnection: content-length\r\n", "ab"), sees: /\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\nab$/, gets: passed },
  { name: "Connection cannot take out Cookie", send: get("Cookie: a=1\r\nConnection: cookie\r\n"), sees: /\r\nCookie: a=1\r\n/, gets: passed },
  { name: "Connection cannot take out what the router adds", send: get("Connection: x-forwarded-for, x-request-id\r\n"), sees: /\r\nX-Forwarded-For: 127.0.0.1\r\n[\s\S]*X-Request-Id: /, gets: passed },
  { name: "TE, Keep-Alive, Proxy-Connection and Upgrade stay here", send: get("TE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n"), sees: /^(?![\s\S]*\r\n(TE|Keep-Alive|Proxy-Connection|Upgrade):)/i, gets: passed },
  { name: "unknown fields pass as they were written, bytes beyond ASCII too", send: get("x-oDD: caf\xe9 \t z\r\n"), sees: /\r\nx-oDD: caf\xe9 \t z\r\n/, gets: passed },
  { name: "an empty field passes", send: get("X-Empty:\r\n"), sees: /\r\nX-Empty: \r\n/, gets: passed },

  // Expect.
  { name: "100-continue is answered here and goes no further", send: ["POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n", "ab"], sees: /^(?![\s\S]*Expect)[\s\S]*ab$/, gets: /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/ },
  { name: "another expectation fails", send: get("Expect: 200-ok\r\n"), sees: "nothing", gets: /^HTTP\/1.1 417 [\s\S]*Berth-Error: H26/ },
  { name: "an HTTP/1.0 client expects nothing", send: "POST / HTTP/1.0\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", sees: /^(?![\s\S]*Expect)[\s\S]*ab$/, gets: passed },

  // Bodies.
  { name: "a body of known length", send: post("Content-Length: 3\r\n", "abc"), sees: /\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\nabc$/, gets: passed },
  { name: "a body that comes byte by byte", send: [post("Content-Length: 3\r\n", ""), "a", "b", "c"], sees: /\r\n\r\nabc$/, gets: passed },
  { name: "chunks", send: chunked("3\r\nabc\r\n0\r\n\r\n"), sees: /\r\nTransfer-Encoding: chunked\r\n[\s\S]*\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/, gets: passed },
  { name: "chunks cut anywhere", send: [chunked(""), "3", "\r", "\nab", "c\r\n", "0\r\n\r", "\n"], sees: /\r\n\r\n(2\r\nab\r\n1\r\nc|3\r\nabc)\r\n0\r\n\r\n$/, gets: passed },
  { name: "chunk extensions are dropped", send: chunked("3;a=b;c\r\nabc\r\n0\r\n\r\n"), sees: /\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/, gets: passed },
  { name: "trailers pass", send: chunked("1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"), sees: /0\r\nX-Sum: 1\r\n\r\n$/, gets: passed },
  { name: "trailers that would frame, route or identify are dropped", send: chunked("1\r\na\r\n0\r\nHost: evil.test\r\nX-Forwarded-For: 1.2.3.4\r\nAuthorization: x\r\nX-Sum: 1\r\n\r\n"), sees: /\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n$/, gets: passed },
  { name: "a length among the trailers", send: chunked("1\r\na\r\n0\r\nContent-Length: 9\r\n\r\n"), gets: refused(400) },
  { name: "an empty chunked body", send: chunked("0\r\n\r\n"), sees: /\r\n\r\n0\r\n\r\n$/, gets: passed },
  { name: "a GET with a body", send: `GET / HTTP/1.1\r\n${host}${close}Content-Length: 2\r\n\r\nab`, sees: /^GET [\s\S]*\r\n\r\nab$/, gets: passed },
  { name: "a DELETE with a body", send: `DELETE / HTTP/1.1\r\n${host}${close}Content-Length: 2\r\n\r\nab`, sees: /^DELETE [\s\S]*\r\n\r\nab$/, gets: passed },
  { name: "a POST without one", send: post("", ""), sees: /\r\nContent-Length: 0\r\n/, gets: passed },
  { name: "any method", send: `PROPFIND / HTTP/1.1\r\n${host}${close}\r\n`, sees: /^PROPFIND \/ HTTP\/1.1\r\n/, gets: passed },

  // Versions and connections.
  { name: "HTTP/1.0 ends with the answer", send: `GET / HTTP/1.0\r\n${host}\r\n`, sees: /^GET \/ HTTP\/1.1\r\n/, gets: passed },
  { name: "HTTP/1.0 keeps its connection where asked", send: `GET / HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n${host}\r\n`, gets: twice },
  { name: "HTTP/1.0 without a host", send: "GET / HTTP/1.0\r\n\r\n", ...bad },
  { name: "two requests at once are answered in order", send: `GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\n${host}${close}\r\n`, sees: /^GET \/1 [\s\S]*GET \/2 /, gets: twice },
  { name: "a request behind a body", send: `POST /1 HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n${host}${close}\r\n`, sees: /^POST \/1 [\s\S]*\r\n\r\nabGET \/2 /, gets: twice },
  { name: "a request behind chunks", send: `POST /1 HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n${host}${close}\r\n`, sees: /0\r\n\r\nGET \/2 /, gets: twice },
  { name: "nothing after Connection: close is read", send: `${get("")}GET /2 HTTP/1.1\r\n${host}\r\n`, sees: /^(?![\s\S]*\/2)/, gets: passed },
  { name: "an empty line before a request", send: `\r\n${get("")}`, gets: passed },
  { name: "a client that ended its side before the answer is taken for gone, as by nginx and Caddy", send: `GET / HTTP/1.1\r\n${host}\r\n`, halfClose: true, answer: "", gets: /^$/ },
  { name: "rubbish behind a request costs it nothing", send: `GET / HTTP/1.1\r\n${host}\r\n\0\0\0\r\n\r\n`, gets: passed },
  { name: "HTTP/0.9 in the line", send: `GET / HTTP/0.9\r\n${host}\r\n`, ...bad },
  { name: "a head in pieces", send: ["GET / HT", "TP/1.1\r", "\nHost: app", ".test\r\nConnection: close\r\n", "\r\n"], gets: passed },
  { name: "HTTP/2.0 in the line", send: `GET / HTTP/2.0\r\n${host}\r\n`, ...bad },
  { name: "HTTP/0.9", send: "GET /\r\n\r\n", ...bad },
  { name: "lower case http", send: `GET / http/1.1\r\n${host}\r\n`, ...bad },
  { name: "half of the preface of HTTP/2", send: `PRI * HTTP/2.0\r\n\r\nGET / HTTP/1.1\r\n${host}\r\n`, ...bad },
  // Answered as HTTP/2 would have it: SETTINGS, and GOAWAY with FRAME_SIZE_ERROR.
  { name: "the preface of HTTP/2, and then a request of HTTP/1.1", send: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n${host}\r\n`, sees: "nothing", gets: new RegExp(`${goaway(6)}$`) },
  { name: "the preface of HTTP/2 behind a request that has no answer yet", send: `GET /first HTTP/1.1\r\n${host}\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, sees: /^GET \/first /, gets: /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n\r\nok$/ },
  { name: "a TLS hello", send: "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", ...bad },

  // Targets and hosts.
  { name: "an absolute target: its host counts", send: `GET http://app.test:80/a?b HTTP/1.1\r\nHost: other.test\r\n${close}\r\n`, sees: /^GET \/a\?b HTTP\/1.1\r\nHost: app.test:80\r\n/, gets: passed },
  { name: "an absolute target with neither path nor scheme in lower case", send: `GET HTTP://app.test HTTP/1.1\r\n${host}${close}\r\n`, sees: /^GET \/ HTTP\/1.1\r\n/, gets: passed },
  { name: "an absolute target without a host", send: `GET http:///a HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "an absolute target with a user", send: `GET http://me@app.test/ HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "an absolute target of another scheme", send: `GET ftp://app.test/ HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "an authority as the target", send: `GET app.test:80 HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "CONNECT", send: "CONNECT app.test:80 HTTP/1.1\r\nHost: app.test:80\r\n\r\n", sees: "nothing", gets: /^HTTP\/1.1 405 Method Not Allowed\r\n[\s\S]*\r\nBerth-Error: method-not-allowed\r\n[\s\S]*\r\nAllow: GET, / },
  { name: "an asterisk with OPTIONS", send: `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`, sees: /^OPTIONS \* HTTP/, gets: passed },
  { name: "an asterisk with GET", send: `GET * HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "a space in the target", send: `GET /a b HTTP/1.1\r\n${host}\r\n`, ...bad },
  { name: "no host", send: "GET / HTTP/1.1\r\n\r\n", ...bad },
  { name: "an empty host", send: "GET / HTTP/1.1\r\nHost:\r\n\r\n", ...bad },
  { name: "two hosts", send: "GET / HTTP/1.1\r\nHost: app.test\r\nHost: app.test\r\n\r\n", ...bad },
  { name: "a host with a path", send: "GET / HTTP/1.1\r\nHost: app.test/x\r\n\r\n", ...bad },
  { name: "a host with a user", send: "GET / HTTP/1.1\r\nHost: me@app.test\r\n\r\n", ...bad },
  { name: "a list of hosts", send: "GET / HTTP/1.1\r\nHost: app.test, b.test\r\n\r\n", ...bad },
  { name: "a host with a port that is none", send: "GET / HTTP/1.1\r\nHost: app.test:80a\r\n\r\n", ...bad },
  { name: "an unknown host", send: `GET / HTTP/1.1\r\nHost: no.test\r\n${close}\r\n`, sees: "nothing", gets: refused(404) },

  // What could be taken for two different things by two readers.
  { name: "length and chunks", send: post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"), ...bad },
  { name: "chunks and length", send: post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"), ...bad },
  { name: "two lengths", send: post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), ...bad },
  { name: "two lengths in one line", send: post("Content-Length: 1, 2\r\n", "ab"), ...bad },
  { name: "a length with a sign", send: post("Content-Length: +2\r\n", "ab"), ...bad },
  { name: "a negative length", send: post("Content-Length: -2\r\n", "ab"), ...bad },
  { name: "a length in hexadecimal", send: post("Content-Length: 0x2\r\n", "ab"), ...bad },
  { name: "a length with a space in it", send: post("Content-Length: 1 2\r\n", "ab"), ...bad },
  { name: "an empty length", send: post("Content-Length:\r\n", "ab"), ...bad },
  { name: "a length beyond all numbers", send: post("Content-Length: 99999999999999999999999\r\n", "ab"), ...bad },
  { name: "a space before the colon of a length", send: post("Content-Length : 2\r\n", "ab"), ...bad },
  { name: "a space before the colon of a coding", send: post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), ...bad },
  { name: "a coding behind a vertical tab", send: post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), sees: "nothing", gets: refused(400) },
  { name: "a coding that looks like chunked", send: post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), sees: "nothing", gets: refused(501) },
  { name: "chunked that is not the last coding", send: post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), ...bad },
  { name: "chunked and another coding in two lines", send: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), ...bad },
  { name: "chunked in quotes", send: post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"), sees: "nothing", gets: refused(501) },
  { name: "a coding that we do not know before chunked", send: post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), sees: "nothing", gets: refused(501) },
  { name: "chunked in HTTP/1.0", send: `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, ...bad },
  { name: "a folded line", send: get("X-A: a\r\n b\r\n"), ...bad },
  { name: "a folded coding", send: post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), ...bad },
  { name: "a first line that begins with a space", send: `GET / HTTP/1.1\r\n ${host}\r\n`, ...bad },
  { name: "line feeds only", send: "GET / HTTP/1.1\nHost: app.test\n\n", ...bad },
  { name: "a line feed in a field", send: get("X-A: a\nX-B: b\r\n"), ...bad },
  { name: "a carriage return in a field", send: get("X-A: a\rX-B: b\r\n"), ...bad },
  { name: "a zero byte in a field", send: get("X-A: a\0b\r\n"), ...bad },
  { name: "a field name with a space", send: get("X A: b\r\n"), ...bad },
  { name: "a field without a name", send: get(": b\r\n"), ...bad },
  { name: "a field without a colon", send: get("X-A\r\n"), ...bad },
];

// The dyno has the head already when the body turns out to be wrong: its connection is cut, and no answer is taken.
// biome-ignore format: a table
const brokenBodies: readonly Conversation[] = [
  { name: "a chunk size that is none", send: chunked("x\r\nabc\r\n0\r\n\r\n"), gets: refused(400) },
  { name: "a chunk size with 0x", send: chunked("0x3\r\nabc\r\n0\r\n\r\n"), gets: refused(400) },
  { name: "a chunk size beyond all numbers", send: chunked("fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), gets: refused(400) },
  { name: "a chunk longer than its size", send: chunked("2\r\nabc\r\n0\r\n\r\n"), gets: refused(400) },
  { name: "a chunk line that ends with a line feed", send: chunked("3\nabc\r\n0\r\n\r\n"), gets: refused(400) },
  { name: "a line feed in a chunk extension", send: chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), gets: refused(400) },
];

// Heroku's limits.
// biome-ignore format: a table
const limits: readonly Conversation[] = [
  { name: "a request line of 8,192 bytes", send: `GET /${"x".repeat(8_192 - 14)} HTTP/1.1\r\n${host}${close}\r\n`, sees: /^GET \/x{8178} /, gets: passed },
  { name: "a longer one", send: `GET /${"x".repeat(8_192 - 13)} HTTP/1.1\r\n${host}${close}\r\n`, sees: "nothing", gets: refused(414) },
  { name: "a field of 8,192 bytes", send: get(`X-Long: ${"x".repeat(8_192 - 8)}\r\n`), sees: /X-Long: x{8184}\r\n/, gets: passed },
  { name: "a longer one", send: get(`X-Long: ${"x".repeat(8_192 - 7)}\r\n`), sees: "nothing", gets: refused(431) },
  { name: "a field name of 1,000 bytes", send: get(`${"x".repeat(1_000)}: 1\r\n`), sees: /\r\nx{1000}: 1\r\n/, gets: passed },
  { name: "a longer one", send: get(`${"x".repeat(1_001)}: 1\r\n`), sees: "nothing", gets: refused(431) },
  { name: "1,000 fields", send: get(Array.from({ length: 998 }, (_, i) => `X-${i}: ${"v".repeat(100)}\r\n`).join("")), sees: /\r\nX-997: v/, gets: passed },
  { name: "more fields", send: get(Array.from({ length: 999 }, (_, i) => `X-${i}: v\r\n`).join("")), sees: "nothing", gets: refused(431) },
  { name: "a head beyond all limits", send: get(`X-Long: ${"x".repeat(600_000)}\r\n`), sees: "nothing", gets: refused(431) },
];

playAll("requests, byte for byte", [...cases, ...brokenBodies, ...limits]);
