import { boxOf, frameAround, type Box } from '../../document/geometry/groups.ts';
import type { ModelDocument, ModelNote } from '../../document/schema/model-document.ts';
import type { PictureColours } from './colours.ts';
import { escaped, textAt } from './text.ts';

type Annotated = Pick<ModelDocument, 'nodes' | 'notes' | 'groups'>;

const NOTE_FONT = 12;
const NOTE_LINE = 16;
const NOTE_PADDING = 8;
/** Mean width of a character of the note's font, in pixels: line breaks are estimated. */
const CHARACTER_WIDTH = 6.2;

/** Frames and titles of the open groups. */
export function framesOf(document: Annotated): { name: string; box: Box }[] {
  return (document.groups ?? []).flatMap((group) => {
    const box = group.collapsed ? null : boxOf(document, group.id);
    return box === null ? [] : [{ name: group.name, box: frameAround(box) }];
  });
}

export function framePicture(name: string, { x, y, width, height }: Box, colours: PictureColours): string {
  const title = textAt(x + 10, y + 17, name, `font-size="12" font-weight="600" fill="${colours.muted}"`);
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="none" stroke="${colours.line}" stroke-dasharray="4 3"/>${title}`;
}

/** A note with wrapped lines; lines that do not fit are cut off, as on the canvas. */
export function notePicture({ text, position: { x, y }, size }: ModelNote, colours: PictureColours): string {
  const lineCount = Math.max(1, Math.floor((size.height - 2 * NOTE_PADDING) / NOTE_LINE));
  const lineLength = Math.max(4, Math.floor((size.width - 2 * NOTE_PADDING) / CHARACTER_WIDTH));
  const lines = wrapped(text, lineLength).slice(0, lineCount);
  const spans = lines.map((line, i) => {
    const baseline = y + NOTE_PADDING + NOTE_LINE * (i + 1) - 4;
    return `<tspan x="${x + NOTE_PADDING}" y="${baseline}">${escaped(line)}</tspan>`;
  });
  const paper = `<rect x="${x}" y="${y}" width="${size.width}" height="${size.height}" rx="6" fill="${colours.note}" stroke="${colours.noteLine}"/>`;
  return `${paper}<text font-size="${NOTE_FONT}" fill="${colours.text}">${spans.join('')}</text>`;
}

/** Wraps text into lines of at most `length` characters; breaks inside words only if they are longer. */
function wrapped(text: string, length: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [''];
    for (const word of paragraph.split(/\s+/).flatMap((part) => part.match(new RegExp(`.{1,${length}}`, 'gu')) ?? [])) {
      const last = lines.at(-1)!;
      if (last === '') lines[lines.length - 1] = word;
      else if (last.length + 1 + word.length <= length) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
