import type { ConfigVars } from "../../model/app.ts";

// An alias in YAML may lead to what it is in.
const deepest = 20;

/**
 * `$NAME`, `${NAME}`, `${NAME:-default}` and `$$` in every text of a value, from the app's config vars alone: the host's own
 * environment is no app's business. What is not set is empty, but for `${NAME:?why}`. Throws RangeError.
 */
export function expandVariables(value: unknown, config: ConfigVars, depth = 0): unknown {
  if (depth > deepest) throw new RangeError("a value in it is nested too deeply, or in itself");
  const inner = (one: unknown): unknown => expandVariables(one, config, depth + 1);
  if (typeof value === "string") return expand(value, config);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
}

const reference = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])([^}]*))?\})/g;

function expand(text: string, config: ConfigVars): string {
  return text.replace(reference, (_, dollar, plain, name, operator: string | undefined, other: string | undefined) => {
    if (dollar !== undefined) return "$";
    const found = config[plain ?? name];
    const isSet = found !== undefined && !(operator?.startsWith(":") && found === "");
    if (operator?.endsWith("+")) return isSet ? (other ?? "") : "";
    if (!isSet && operator?.endsWith("?")) throw new RangeError(`${name} is not set: ${other || "it is required"}`);
    return isSet ? found : operator?.endsWith("-") ? (other ?? "") : "";
  });
}
