import { CARD, type Position } from '../../../../../src-shared/document/edits/edits.ts';
import { boxAround, type Box } from '../../../../../src-shared/document/geometry/groups.ts';
import type { CanvasNode } from '../../nodes/canvas-nodes.ts';

/** Least size of a card on the map, where there is room for it, and in any case: in the map's pixels. */
const CARD_SEEN = { width: 6, height: 3 };
const LEAST = { width: 3, height: 1 };
const PADDING = 6;

/** The graph on a small map: SVG path data in the map's pixels. */
export interface Minimap {
  /** Cards and notes by the colour that fills them. */
  readonly marks: readonly { readonly fill: string; readonly path: string }[];
  /** Outlines of cards with an error. */
  readonly failing: string;
  readonly selected: string;
  /** A part of the canvas on the map, cut off at its rim. */
  onMap(part: Box): Box;
  /** A place of the map on the canvas. */
  onCanvas(place: Position): Position;
}

/**
 * Keeps the proportions of the graph unless its cards would be too small to tell colours apart: then each
 * direction is stretched as far as the map has room. Cards that share a pixel show the colour of most of them.
 */
export function minimapOf(nodes: readonly CanvasNode[], width: number, height: number): Minimap {
  const shown = nodes.filter(({ type }) => type !== 'frame').map((node) => ({ node, box: boxOf(node) }));
  const all = boxAround(shown.map(({ box }) => box)) ?? { x: 0, y: 0, width: 1, height: 1 };
  const most = { x: (width - 2 * PADDING) / all.width, y: (height - 2 * PADDING) / all.height };
  const same = Math.min(most.x, most.y, 0.2);
  const scale = {
    x: Math.max(same, Math.min(most.x, CARD_SEEN.width / CARD.width)),
    y: Math.max(same, Math.min(most.y, CARD_SEEN.height / CARD.height)),
  };
  const middle = { x: all.x + all.width / 2, y: all.y + all.height / 2 };
  const toMap = ({ x, y }: Position): Position => ({
    x: width / 2 + (x - middle.x) * scale.x,
    y: height / 2 + (y - middle.y) * scale.y,
  });
  const rectangle = (box: Box) => {
    const { x, y } = toMap(box);
    const [w, h] = [Math.max(LEAST.width, box.width * scale.x), Math.max(LEAST.height, box.height * scale.y)];
    return `M${fixed(x)} ${fixed(y)}h${fixed(w)}v${fixed(h)}h${fixed(-w)}z`;
  };
  const outlines = (chosen: (node: CanvasNode) => boolean) =>
    shown.flatMap(({ node, box }) => (chosen(node) ? rectangle(box) : [])).join('');
  return {
    marks: marksOf(shown, toMap, rectangle),
    failing: outlines((node) => node.type === 'layer' && node.data.problem === 'error'),
    selected: outlines(({ selected }) => selected === true),
    onMap(part) {
      const start = toMap(part);
      const end = toMap({ x: part.x + part.width, y: part.y + part.height });
      const [left, right] = within(start.x, end.x, width);
      const [top, bottom] = within(start.y, end.y, height);
      return { x: left, y: top, width: right - left, height: bottom - top };
    },
    onCanvas: ({ x, y }) => ({
      x: middle.x + (x - width / 2) / scale.x,
      y: middle.y + (y - height / 2) / scale.y,
    }),
  };
}

interface Shown {
  readonly node: CanvasNode;
  readonly box: Box;
}

function marksOf(
  shown: readonly Shown[],
  toMap: (place: Position) => Position,
  rectangle: (box: Box) => string,
): Minimap['marks'] {
  const pixels = Map.groupBy(shown, ({ box }) => {
    const { x, y } = toMap(box);
    return `${Math.round(x)} ${Math.round(y)}`;
  });
  const drawn = [...pixels.values()].map((same) => {
    const byFill = Map.groupBy(same, ({ node }) => fillOf(node));
    const [fill, [first]] = [...byFill].reduce((most, other) => (other[1].length > most[1].length ? other : most));
    return { fill, path: rectangle(first!.box) };
  });
  return [...Map.groupBy(drawn, ({ fill }) => fill)].map(([fill, same]) => ({
    fill,
    path: same.map(({ path }) => path).join(''),
  }));
}

/** As the silhouette of the canvas fills them. */
function fillOf(node: CanvasNode): string {
  if (node.type !== 'layer') return 'var(--note-line)';
  return node.data.frozen ? 'var(--ice-line)' : `var(--family-${node.data.family})`;
}

function boxOf({ position, width, height }: CanvasNode): Box {
  return { ...position, width: width ?? CARD.width, height: height ?? CARD.height };
}

/** A stretch cut off at the rim of the map, wide enough to be seen. */
function within(start: number, end: number, size: number): [number, number] {
  const least = 5;
  const from = Math.min(Math.max(1, start), size - 1 - least);
  return [from, Math.max(from + least, Math.min(size - 1, end))];
}

const fixed = (value: number) => Number(value.toFixed(2));
