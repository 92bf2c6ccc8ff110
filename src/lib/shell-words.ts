export class ShellWordsError extends Error {
  override readonly name = "ShellWordsError";
  /** What has no end: `'`, `"` or `\`. */
  readonly opening: string;
  /** Where it is in the line, in characters from 0. */
  readonly position: number;

  constructor(opening: string, position: number) {
    super(opening === "\\" ? "nothing follows the backslash at the end" : `the quote ${opening} has no end`);
    this.opening = opening;
    this.position = position;
  }
}

/**
 * The words of a line by the quoting rules of POSIX.1-2017 (Shell Command Language, 2.2). Blanks and newlines end a word.
 * Nothing is expanded, and nothing is an operator or a comment: `$`, `;`, `|`, `*` and `#` stand for themselves.
 * Throws ShellWordsError.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  // Undefined between words: a word that was begun by a quote may be empty.
  let word: string | undefined;
  for (let at = 0; at < line.length; ) {
    const char = line.charAt(at);
    if (char === " " || char === "\t" || char === "\n") {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (line.startsWith("\\\n", at)) {
      at += 2;
    } else {
      const { text, end } = readPiece(line, at);
      word = (word ?? "") + text;
      at = end;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A part of a word, its quotes removed, and where the next part begins. */
interface Piece {
  readonly text: string;
  readonly end: number;
}

function readPiece(line: string, start: number): Piece {
  switch (line[start]) {
    case "'":
      return readSingleQuoted(line, start);
    case '"':
      return readDoubleQuoted(line, start);
    case "\\":
      if (start + 1 === line.length) throw new ShellWordsError("\\", start);
      return { text: line.charAt(start + 1), end: start + 2 };
    default: {
      const end = indexOfAny(line, /[ \t\n'"\\]/g, start) ?? line.length;
      return { text: line.slice(start, end), end };
    }
  }
}

function readSingleQuoted(line: string, start: number): Piece {
  const end = line.indexOf("'", start + 1);
  if (end === -1) throw new ShellWordsError("'", start);
  return { text: line.slice(start + 1, end), end: end + 1 };
}

function readDoubleQuoted(line: string, start: number): Piece {
  let text = "";
  for (let from = start + 1; ; ) {
    const at = indexOfAny(line, /["\\]/g, from);
    if (at === undefined) throw new ShellWordsError('"', start);
    text += line.slice(from, at);
    if (line[at] === '"') return { text, end: at + 1 };
    text += inDoubleQuotes(line.charAt(at + 1));
    from = at + 2;
  }
}

/** What a backslash and this character mean there: it quotes only what would be special without it. */
function inDoubleQuotes(char: string): string {
  if (char === "\n") return "";
  return '$`"\\'.includes(char) ? char : `\\${char}`;
}

function indexOfAny(line: string, characters: RegExp, start: number): number | undefined {
  characters.lastIndex = start;
  return characters.exec(line)?.index;
}

/** The word, quoted where a shell needs it: `splitWords(quoteWord(word))` is the word again. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
