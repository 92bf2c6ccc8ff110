import type { Mask } from "../lib/mask.ts";
import { UserError } from "./errors.ts";
import type { Progress } from "./progress.ts";

export interface MaskedProgress extends Progress {
  /** Passes on what was held back: the beginning of what might have been a secret. */
  end(): void;
}

// LineSplitter cuts longer lines, and a secret may lie across the cut.
const cutLine = 65_535;
// BuildKit's steps print side by side, each line behind the number of its step.
const stepPrefix = /^#\d+ /;

/** Passes on what it is told, with secrets hidden. `mask` is asked each time: more secrets may come up. */
export function maskProgress(progress: Progress, mask: () => Mask): MaskedProgress {
  const held = new Map<string, string>();
  const end = (): void => {
    for (const [prefix, rest] of held) progress.line(prefix + rest);
    held.clear();
  };
  const tell = (method: "step" | "headline" | "detail" | "warn") => (text: string) => {
    end();
    progress[method](mask().apply(text));
  };
  return {
    step: tell("step"),
    headline: tell("headline"),
    detail: tell("detail"),
    warn: tell("warn"),
    line(text) {
      const prefix = stepPrefix.exec(text)?.[0] ?? "";
      const piece = text.slice(prefix.length);
      const whole = mask().apply((held.get(prefix) ?? "") + piece);
      const open = piece.length >= cutLine ? mask().unfinished(whole) : 0;
      if (open === 0) held.delete(prefix);
      else held.set(prefix, whole.slice(-open));
      progress.line(prefix + whole.slice(0, whole.length - open));
    },
    end,
  };
}

/** A failure as it may be shown; what is no UserError is not shown. */
export function maskError(error: unknown, mask: Mask): unknown {
  if (!(error instanceof UserError)) return error;
  const hide = (text: string): string => mask.apply(text);
  const { code, message, hint, details, exitCode, cause } = error;
  if (![message, hint ?? "", ...details].some((text) => hide(text) !== text)) return error;
  return new UserError(code, hide(message), {
    ...(hint !== undefined && { hint: hide(hint) }),
    ...{ details: details.map(hide), exitCode, cause },
  });
}
