const MAX_TEXT = 26;

/** A line of text in a picture, cut to the width of a card; '' for no text. */
export function textAt(x: number, y: number, words: string, style: string): string {
  return words === '' ? '' : `<text x="${x}" y="${y}" ${style}>${escaped(shortened(words))}</text>`;
}

function shortened(words: string): string {
  return words.length > MAX_TEXT ? `${words.slice(0, MAX_TEXT - 1)}…` : words;
}

/** Escapes text for XML. */
export function escaped(words: string): string {
  // XML does not allow control characters.
  const printable = Array.from(words, (letter) => (letter < ' ' ? ' ' : letter)).join('');
  return printable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Escapes text for an XML attribute. */
export function attribute(words: string): string {
  return escaped(words).replaceAll('"', '&quot;');
}
