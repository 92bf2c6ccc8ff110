import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Effect } from "../../src/commands/command.ts";
import { otherCommands, otherFlags, otherGroups, verbs } from "../../src/commands/other-names.ts";
import { suggestCommand } from "../../src/commands/suggest.ts";
import { commands, findCommand, namespaces } from "../../src/commands/tree.ts";
import { commandLine } from "./harness.ts";

const rank: Readonly<Record<Effect, number>> = { reads: 0, changes: 1, destroys: 2 };
const named = ["help", "version"];

function effectOf(line: string): Effect {
  const name = line.split(" ")[0] ?? "";
  const found = findCommand(name);
  if (found === undefined) assert.ok(named.includes(name), `${name} is no command`);
  return found?.effect ?? "reads";
}

/** Each way to leave a letter out, to double it, to swap it with the next, and to mistake it. */
function slips(name: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at < name.length; at++) {
    const [before, letter, next, after] = [name.slice(0, at), name.charAt(at), name.charAt(at + 1), name.slice(at + 2)];
    const rest = name.slice(at + 1);
    for (const slip of [before + rest, before + letter + letter + rest, before + next + letter + after])
      found.add(slip);
    for (const other of "aeioust") found.add(before + other + rest);
  }
  return [...found].filter((slip) => findCommand(slip) === undefined);
}

suite("a hint on an unknown command", () => {
  test("knows what Heroku and Dokku call it", () => {
    const meant = {
      ...{ "domains:list": "domains:report", "config:bundle": "config:export", "apps:info": "apps:report" },
      ...{ scale: "ps:scale", restart: "ps:restart", keys: "ssh-keys:list", "keys:add": "ssh-keys:add" },
      ...{
        "ps:exec": "run <app> bash",
        enter: "run <app> bash",
        "ps:kill": "ps:restart",
        "dyno:restart": "ps:restart",
      },
      ...{ "keys:delete": "ssh-keys:remove", "apps:delete": "apps:destroy", "config:delete": "config:unset" },
      ...{ "apps:new": "apps:create", "env:set": "config:set", "domains:get": "domains:report", "ps:ls": "ps:report" },
      ...{ "config:list": "config:show", "certs:info": "certs:report", "releases:rollback": "rollback" },
      ...{ "app:list": "apps:list", "routes:delete": "routes:remove", "domains:rm": "domains:remove" },
    };
    const found = Object.fromEntries(Object.keys(meant).map((name) => [name, suggestCommand(name)]));
    assert.deepEqual(found, meant);
  });

  test("finds a slip of the finger, and nothing for what is far from all", () => {
    const meant = {
      ...{ "apps:lst": "apps:list", "aps:list": "apps:list", "domains:lst": "domains:report", lgos: "logs" },
      ...{ "apps:destory": "apps:destroy", "confg:set": "config:set", "ps:sclae": "ps:scale", rollbak: "rollback" },
      ...{ frobnicate: undefined, "apps:": undefined, ":": undefined, "": undefined, "apps:frobnicate": undefined },
      ...{ __proto__: undefined, "constructor:list": undefined, "apps:constructor": undefined },
    };
    const found = Object.fromEntries(Object.keys(meant).map((name) => [name, suggestCommand(name)]));
    assert.deepEqual(found, meant);
  });

  test("never leads from reading to destroying, whatever the slip", () => {
    for (const command of commands.filter(({ effect }) => effect === "reads")) {
      for (const slip of slips(command.name)) {
        const hint = suggestCommand(slip);
        if (hint !== undefined) assert.notEqual(effectOf(hint), "destroys", `${slip} -> ${hint}`);
      }
    }
  });

  test("never does more than the word that was typed", () => {
    const groups = [...Object.keys(namespaces), ...Object.keys(otherGroups)];
    for (const { effect, asked } of verbs) {
      for (const name of groups.flatMap((group) => asked.split(" ").map((verb) => `${group}:${verb}`))) {
        const hint = findCommand(name) === undefined ? suggestCommand(name) : undefined;
        if (hint !== undefined) assert.ok(rank[effectOf(hint)] <= rank[effect], `${name} -> ${hint}`);
      }
    }
  });

  test("has a table that names commands of ours, once each, and none that does more", () => {
    for (const effect of ["reads", "changes", "destroys"] as const) {
      for (const [name, line] of Object.entries(otherCommands[effect])) {
        assert.equal(findCommand(name), undefined, `${name} is a command of ours`);
        assert.ok(rank[effectOf(line)] <= rank[effect], `${name} -> ${line}`);
      }
    }
    const names = Object.values(otherCommands).flatMap((table) => Object.keys(table));
    assert.equal(new Set(names).size, names.length);
    const words = verbs.flatMap(({ asked }) => asked.split(" "));
    assert.equal(new Set(words).size, words.length);
    for (const [group, ours] of Object.entries(otherGroups)) {
      assert.ok(!Object.hasOwn(namespaces, group) && Object.hasOwn(namespaces, ours), group);
    }
    for (const name of Object.keys(otherFlags)) assert.ok(name === "*" || findCommand(name), name);
  });
});

suite("a hint on an unknown flag", () => {
  const hintOf = async (...words: string[]) => (await commandLine({})(words)).stderr.split("\n")[1];

  test("says what Berth has in its place", async () => {
    assert.match((await hintOf("logs", "shop", "-f")) ?? "", /use -t \(--tail\)/);
    assert.match((await hintOf("logs", "--follow", "shop")) ?? "", /use -t \(--tail\)/);
    for (const words of [
      ["config:show", "-r", "shop"],
      ["logs", "-r", "shop", "-t"],
      ["run", "-r", "shop", "bash"],
      ["ps:scale", "-r", "shop", "web=2"],
      ["ps:report", "-r", "shop"],
      ["apps:destroy", "-r", "shop"],
    ]) {
      assert.match(
        (await hintOf(...words)) ?? "",
        /Name the app as the first argument, or with --app APP/,
        words.join(" "),
      );
    }
  });

  test("offers --force for a slip of one letter alone", async () => {
    assert.match((await hintOf("config:set", "shop", "--format")) ?? "", /Usage/);
    assert.match((await hintOf("apps:destroy", "shop", "--forse")) ?? "", /Did you mean --force\?/);
  });
});
