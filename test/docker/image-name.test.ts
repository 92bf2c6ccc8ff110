import assert from "node:assert/strict";
import { test } from "node:test";
import { imageName } from "../../src/docker/image-name.ts";

test("image names are such as the engine takes, whatever the app is called", () => {
  const repository = (app: string) => imageName({ instance: "i", buildId: "b1", app }).repository;
  assert.equal(repository("shop"), "berth-i/shop");
  assert.equal(repository("my-shop.example.com"), "berth-i/my-shop.example.com");
  assert.equal(repository("a--b"), "berth-i/a--b");
  assert.equal(repository("a.-b"), "berth-i/a-b");
  assert.equal(repository("a-.b"), "berth-i/a-b");
});
