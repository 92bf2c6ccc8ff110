import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseProcNetTcp } from "../../../src/schedulers/docker-local/listeners.ts";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const rest = "00000000:00000000 00:00000000 00000000 32767        0 12345 1 0000000000000000 100 0 0 10 0";

function row(address: string, port: string, state = "0A", remote = "00000000:0000"): string {
  return `   0: ${address}:${port} ${remote} ${state} ${rest}\n`;
}

suite("Listening sockets in /proc/net/tcp", () => {
  test("address and port are decoded, other states passed over", () => {
    const text = head + row("00000000", "1388") + row("0100007F", "0BB8") + row("0200A8C0", "1388", "01");
    assert.deepEqual(parseProcNetTcp(text), [
      { address: "0.0.0.0", port: 5000 },
      { address: "127.0.0.1", port: 3000 },
    ]);
  });

  test("IPv6 is written as people write it", () => {
    const none = "00000000000000000000000000000000:0000";
    const text =
      row("00000000000000000000000000000000", "1388", "0A", none) +
      row("00000000000000000000000001000000", "0050", "0A", none) +
      row("0000000000000000FFFF00000100007F", "0051", "0A", none) +
      row("B80D0120000000000000000001000000", "0052", "0A", none);
    assert.deepEqual(
      parseProcNetTcp(text).map(({ address }) => address),
      ["::", "::1", "::ffff:127.0.0.1", "2001:db8::1"],
    );
  });

  test("the engine's own name server is not the dyno's, and each socket is told once", () => {
    const text = row("0B00007F", "A001") + row("00000000", "1388") + head + row("00000000", "1388");
    assert.deepEqual(parseProcNetTcp(text), [{ address: "0.0.0.0", port: 5000 }]);
  });

  test("text that is something else tells nothing", () => {
    assert.deepEqual(parseProcNetTcp("cat: /proc/net/tcp: No such file or directory\n"), []);
  });
});
