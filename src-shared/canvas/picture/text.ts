const MAX_TEXT = 26;

/** A line of words in a picture, cut to the breadth of a card; nothing where there are none. */
export function textAt(x: number, y: number, words: string, style: string): string {
  return words === '' ? '' : `<text x="${x}" y="${y}" ${style}>${escaped(shortened(words))}</text>`;
}

function shortened(words: string): string {
  return words.length > MAX_TEXT ? `${words.slice(0, MAX_TEXT - 1)}…` : words;
}

/** Words as they may stand in XML. */
export function escaped(words: string): string {
  // Control characters are not allowed in XML at all.
  const printable = Array.from(words, (letter) => (letter < ' ' ? ' ' : letter)).join('');
  return printable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Words as they may stand in an attribute. */
export function attribute(words: string): string {
  return escaped(words).replaceAll('"', '&quot;');
}
