import type { Edge } from '@xyflow/svelte';
import { CARD } from '../../src-shared/document/edits.ts';
import type { CanvasNode } from './canvas-nodes.ts';
import type { CardNode } from './flow-nodes.ts';

/** A graph as few shapes: SVG path data in canvas pixels. */
export interface Silhouette {
  /** All connections. */
  readonly edges: string;
  /** The cards by the colour that fills them. */
  readonly strips: readonly { readonly fill: string; readonly path: string }[];
  /** The outlines of cards with an error. */
  readonly failing: string;
}

/** The cards and connections of the canvas as one drawing: hundreds of elements are too slow to move. */
export function silhouetteOf(nodes: readonly CanvasNode[], edges: readonly Edge[]): Silhouette {
  const cards = new Map(nodes.flatMap((node) => (node.type === 'layer' ? [[node.id, node]] : [])));
  const strips = new Map<string, string[]>();
  const failing: string[] = [];
  for (const card of cards.values()) {
    const { x, y } = card.position;
    const outline = `M${x} ${y}h${CARD.width}v${CARD.height}h${-CARD.width}z`;
    const fill = card.data.frozen ? 'var(--ice-line)' : `var(--family-${card.data.family})`;
    const same = strips.get(fill);
    if (same === undefined) strips.set(fill, [outline]);
    else same.push(outline);
    if (card.data.problem === 'error') failing.push(outline);
  }
  return {
    edges: edges.map(({ source, target }) => curve(cards.get(source), cards.get(target))).join(''),
    strips: [...strips].map(([fill, paths]) => ({ fill, path: paths.join('') })),
    failing: failing.join(''),
  };
}

/** From the end of one card to the beginning of another, as the connections near by are bent. */
function curve(from: CardNode | undefined, to: CardNode | undefined): string {
  if (from === undefined || to === undefined) return '';
  if (from.data.sideways) {
    const [x1, y1] = [from.position.x + CARD.width, from.position.y + CARD.height / 2];
    const [x2, y2] = [to.position.x, to.position.y + CARD.height / 2];
    const bend = Math.abs(x2 - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }
  const [x1, y1] = [from.position.x + CARD.width / 2, from.position.y + CARD.height];
  const [x2, y2] = [to.position.x + CARD.width / 2, to.position.y];
  if (x1 === x2) return `M${x1} ${y1}V${y2}`;
  const bend = Math.abs(y2 - y1) / 2;
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}
