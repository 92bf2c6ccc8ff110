/**
 * Hands the push to the daemon on descriptor 3 (environment, empty line, refs, empty line), shows what comes back on 4 as
 * it comes, and ends as 5 says. git leaves these descriptors open for its hook. It starts no process but cat: the daemon
 * does the work. When the daemon dies, 4 and 5 end, and so does the hook: with a refusal.
 */
export const preReceiveHook = `#!/bin/sh
# Written by Berth, and written again when it is changed.
if ! { true >&3 && true <&4 && true <&5; } 2>/dev/null; then
  echo " !     This repository takes pushes through Berth's ssh server only"
  exit 1
fi
{
  echo "GIT_OBJECT_DIRECTORY=$GIT_OBJECT_DIRECTORY"
  echo "GIT_ALTERNATE_OBJECT_DIRECTORIES=$GIT_ALTERNATE_OBJECT_DIRECTORIES"
  echo
  cat
  echo
} >&3 || exit 1
cat <&4
read -r code <&5 || code=1
exit "\${code:-1}"
`;

/** In each repository: the stamp (model/stamp.ts) of the moment in which it got its name. */
export const stampFile = "berth-stamp";

/** \`git archive\` must give what was committed, not what the app's .gitattributes leave of it. */
export const archiveAttributes = "* -export-ignore -export-subst\n";

/** Flaws of old commits that harm nobody. Their authors cannot mend them, and other hosts take them. */
const harmlessFlaws = [
  "zeroPaddedFilemode",
  "missingSpaceBeforeDate",
  "missingSpaceBeforeEmail",
  "missingNameBeforeEmail",
  "missingEmail",
  "badEmail",
  "badName",
  "badDate",
  "badTimezone",
  "multipleAuthors",
];

export function repositoryConfig(hooksFolder: string): string {
  const sections: [string, Record<string, string>][] = [
    ["core", { repositoryformatversion: "0", filemode: "true", bare: "true", hooksPath: quoted(hooksFolder) }],
    [
      "receive",
      {
        // What may be deleted or rewritten is decided in the hook.
        denyDeletes: "false",
        denyDeleteCurrent: "ignore",
        denyNonFastForwards: "false",
        // CI systems push from shallow clones.
        shallowUpdate: "true",
        fsckObjects: "true",
        autogc: "true",
      },
    ],
    ['receive "fsck"', Object.fromEntries(harmlessFlaws.map((flaw) => [flaw, "ignore"]))],
    ["uploadpack", { allowTipSHA1InWant: "false", allowReachableSHA1InWant: "false", allowAnySHA1InWant: "false" }],
    ["gc", { autoDetach: "true" }],
    // Memory of a small machine matters more than the last percent of size.
    ["pack", { threads: "1", windowMemory: "64m" }],
    ["tar", { umask: "0022" }],
  ];
  return sections
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `\t${key} = ${value}\n`);
      return `[${name}]\n${lines.join("")}`;
    })
    .join("");
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}
