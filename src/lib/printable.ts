/** An address, or a message that has one in it, without user and password. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, "//***@");
}

/** Without what would move a terminal's cursor, and no longer than a line. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, "?").slice(0, 200);
}
