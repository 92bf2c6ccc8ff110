/** One word of a shell, in quotes also where it could do without: that is what Dokku's users parse. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
