import { createHash } from "node:crypto";
import { isOwnName } from "../docker/image-name.ts";
import { UserError } from "../model/errors.ts";

export interface ImageName {
  readonly repository: string;
  readonly tag: string;
}

const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repository = new RegExp(`^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?${part}(?:/${part})*$`);

/** What the engine takes for a name: `shop`, `registry.example.com:5000/team/shop`. Throws `invalid-image-name`. */
export function checkImageName({ repository: name, tag }: ImageName): ImageName {
  if (!repository.test(name) || name.length > 200) {
    throw new UserError("invalid-image-name", `'${name}' is no name for an image`, {
      hint: "It has lowercase letters, digits and . _ - between them, and parts with / between: 'shop', 'team/shop'",
      exitCode: 2,
    });
  }
  if (isOwnName(name)) {
    throw new UserError("invalid-image-name", `'${name}' is a name of Berth's own, which builds and apps run in`, {
      hint: "Choose one that does not begin with 'berth/' or 'berth-.../'",
      exitCode: 2,
    });
  }
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    throw new UserError("invalid-image-name", `'${tag}' is no tag for an image`, {
      hint: "It has letters, digits and _ . -, such as 'latest' or '1.0'",
      exitCode: 2,
    });
  }
  return { repository: name, tag };
}

/** The name as a part of other names on the engine: of volumes, containers, images. */
export function plainName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  const readable = name.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `${readable.slice(-40).replace(/^-+/, "")}-${digest}`;
}
