import { instructions } from "../builders/dockerfile/dockerfile.ts";
import { UserError } from "../model/errors.ts";

interface From {
  readonly line: number;
  readonly image: string;
  readonly name: string | undefined;
}

/** A Dockerfile whose last stage stands on this image: where it is made from an earlier stage, that one does. */
export function replaceBase(dockerfile: string, base: string): string {
  const lines = dockerfile.split("\n");
  const begins = [...instructions(dockerfile)].filter(({ instruction }) => instruction === "FROM");
  const stages = begins.flatMap(({ line }) => readFrom(lines[line] ?? "", line));
  let at = stages.length - 1;
  for (;;) {
    const { image, line } = stages[at] ?? {};
    if (image === undefined || line === undefined) {
      throw new UserError("build-failed", "The Dockerfile has no FROM that another image could take the place of");
    }
    const below = stages.slice(0, at).findLastIndex(({ name }) => name === image.toLowerCase());
    if (below < 0) return lines.with(line, replaced(lines[line] ?? "", base)).join("\n");
    at = below;
  }
}

const pattern = /^(\s*FROM\s+(?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?/i;

function readFrom(text: string, line: number): From[] {
  const [, , image, name] = pattern.exec(text) ?? [];
  return image === undefined ? [] : [{ line, image, name: name?.toLowerCase() }];
}

function replaced(text: string, base: string): string {
  return text.replace(pattern, (whole: string, before: string, image: string) => {
    return before + base + whole.slice(before.length + image.length);
  });
}
