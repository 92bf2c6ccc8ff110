import assert from "node:assert/strict";
import { test } from "node:test";
import { imageCommand, imagesOf } from "../../src/model/runtime.ts";

test("a plain line is handed to the ENTRYPOINT as words, one that needs a shell gets one, an empty one leaves the CMD", () => {
  assert.deepEqual(imageCommand("app.py --port 80 'a b'"), ["app.py", "--port", "80", "a b"]);
  assert.deepEqual(imageCommand(""), undefined);
  for (const line of ["a && b", "serve -p $PORT", "a > b", "A=1 b", "ls *.txt", "echo 'open", 'say "open', "a | b"]) {
    assert.deepEqual(imageCommand(line), ["/bin/sh", "-c", line]);
  }
  assert.deepEqual(imageCommand("echo '$HOME; x'"), ["echo", "$HOME; x"]);
});

test("a release has its own image and those of its services, each once", () => {
  assert.deepEqual(imagesOf({ image: "a" }), ["a"]);
  const services = { web: {}, worker: { image: "b" }, other: { image: "b" } };
  assert.deepEqual(imagesOf({ image: "a", runtime: { services } }), ["a", "b"]);
});
