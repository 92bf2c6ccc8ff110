const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const plainText = /^[\x20-\x7e]*$/;
// U+FE0F asks for the coloured form of what is else a letter-wide sign.
const emoji = /^\p{Emoji_Presentation}|\ufe0f/u;
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const invisible = /^[\p{Mark}\p{Format}\p{Control}]+$/u;

/** How many columns of a terminal the text takes: 2 for what is wide in East Asian type and for emoji. */
export function displayWidth(text: string): number {
  if (plainText.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme) || wide.test(grapheme)) return 2;
  return invisible.test(grapheme) ? 0 : 1;
}
