import { displayWidth } from "./display-width.ts";

/**
 * Rows as lines, each column as wide on a terminal as its widest cell; no blanks at the ends of lines. A control character
 * in a cell is shown as its picture (a newline as `␊`): it would break the table, or steer the reader's terminal.
 */
export function columns(rows: readonly (readonly string[])[], gap = 2): string[] {
  const cells = rows.map((row) => row.map(withoutControls));
  const widths = columnWidths(cells);
  const between = " ".repeat(gap);
  return cells.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join(between)
      .trimEnd(),
  );
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
  }
  return widths;
}

// The pictures of U+0000 to U+001F begin at U+2400; those of U+0080 to U+009F, which some terminals obey, are not drawn.
function withoutControls(cell: string): string {
  return cell.replace(/\p{Control}/gu, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}
