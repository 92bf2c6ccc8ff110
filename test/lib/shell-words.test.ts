import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { quoteWord, ShellWordsError, splitWords } from "../../src/lib/shell-words.ts";

/** What a real shell makes of the same words. */
function shellWords(line: string): string[] {
  const script = `for word in ${line}\ndo printf '%s\\0' "$word"; done`;
  return execFileSync("sh", ["-f", "-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

describe("splitWords", () => {
  const cases: Record<string, [line: string, words: string[]]> = {
    "splits at blanks, tabs and newlines": [" a  b\tc\nd ", ["a", "b", "c", "d"]],
    "has no words in an empty line or in blanks": [" \t\n ", []],
    "keeps blanks and newlines in quotes": [`'a b' "c\nd"`, ["a b", "c\nd"]],
    "keeps empty words": [`a '' "" b`, ["a", "", "", "b"]],
    "joins what is written together": [`a'b c'"d e"\\ f`, ["ab cd e f"]],
    "takes everything in single quotes as it is": [`'a\\b"$c\`'`, ['a\\b"$c`']],
    "lets a backslash in double quotes quote only what is special there": [
      String.raw`"\$ \" \\ \a \' \n"`,
      [String.raw`$ " \ \a \' \n`],
    ],
    "lets a backslash outside quotes quote anything": [String.raw`\a\ \'\"\\`, [`a '"\\`]],
    "continues a line after a backslash, in a word, between words and in double quotes": [
      'a\\\nb \\\n c "d\\\ne"',
      ["ab", "c", "de"],
    ],
    "makes no word of a continued line alone": ["\\\n", []],
    "keeps flags that other splitters eat": ["-n -e -E --", ["-n", "-e", "-E", "--"]],
    "expands nothing and knows no operators and comments": [
      "$HOME `id` $(id) * ~ a;b|c&d >x #y {1,2}",
      ["$HOME", "`id`", "$(id)", "*", "~", "a;b|c&d", ">x", "#y", "{1,2}"],
    ],
    "keeps a carriage return, which is no blank": ["a\r\n", ["a\r"]],
    "keeps a config value with everything in it": [
      `config:set app 'URL=postgres://u:p@h/db?a=b&c=d' "MSG=it's \\"fine\\""`,
      ["config:set", "app", "URL=postgres://u:p@h/db?a=b&c=d", `MSG=it's "fine"`],
    ],
  };
  for (const [name, [line, words]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(splitWords(line), words));
  }

  it("says what has no end, and where", () => {
    const refuses = (line: string, opening: string, position: number) =>
      assert.throws(
        () => splitWords(line),
        (error) => {
          assert(error instanceof ShellWordsError);
          assert.deepEqual([error.opening, error.position], [opening, position]);
          return true;
        },
      );
    refuses("a 'b", "'", 2);
    refuses('a b"c', '"', 3);
    refuses('"a\\"', '"', 0);
    refuses('"a\\', '"', 0);
    refuses("ab\\", "\\", 2);
    refuses("'a'\"'", '"', 3);
  });

  it("agrees with a real shell on lines made of every kind of quoting", () => {
    const pieces = [
      "a",
      "é⚓",
      " ",
      "\n",
      "\t",
      "''",
      '""',
      "'x y'",
      "'\\'",
      '"p q"',
      '"\\""',
      '"\\\\"',
      '"\\z"',
      '"\'"',
      "\\ ",
      "\\'",
      "\\\\",
      "\\\n",
      '"\\\n"',
      "-n",
    ];
    const random = generator(1);
    for (let round = 0; round < 150; round++) {
      const picked = Array.from({ length: 12 }, () => pieces[Math.floor(random() * pieces.length)]);
      const line = picked.join("");
      // A newline ends the word list of the shell's `for`, so there it has to be a blank.
      const shellLine = picked.map((piece) => (piece === "\n" ? " " : piece)).join("");
      assert.deepEqual(splitWords(line), shellWords(shellLine), JSON.stringify(line));
    }
  });

  it("splits a megabyte of quotes without trouble", () => {
    const word = '\\"'.repeat(500_000);
    assert.deepEqual(splitWords(`"${word}"`), ['"'.repeat(500_000)]);
  });
});

describe("quoteWord", () => {
  const words = [
    "plain",
    "a/b-c_d.e:f=g@h%+,",
    "",
    " ",
    "it's",
    "''",
    '"',
    "\\",
    "a\nb",
    "$HOME",
    "`id`",
    "*",
    "~",
    "#",
    "é",
    "-n",
  ];

  it("leaves alone what needs no quotes", () => {
    assert.equal(quoteWord("a/b-c_d.e:f=g"), "a/b-c_d.e:f=g");
    assert.equal(quoteWord("a b"), "'a b'");
  });

  it("gives a line that splitWords and a real shell read as the words", () => {
    const line = words.map(quoteWord).join(" ");
    assert.deepEqual(splitWords(line), words);
    assert.deepEqual(shellWords(line), words);
  });
});

/** Numbers from 0 to 1, the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
