import { CARD } from '../../src-shared/document/edits.ts';
import type { CanvasNode } from './canvas-nodes.ts';
import { cardEdgePath } from '../../src-shared/layout/edge-path.ts';
import type { Route } from '../../src-shared/layout/routes.ts';
import type { FlowEdge } from './flow-edges.ts';
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
export function silhouetteOf(nodes: readonly CanvasNode[], edges: readonly FlowEdge[]): Silhouette {
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
    edges: edges.map(({ source, target, data }) => curve(cards.get(source), cards.get(target), data?.route)).join(''),
    strips: [...strips].map(([fill, paths]) => ({ fill, path: paths.join('') })),
    failing: failing.join(''),
  };
}

/** From the end of one card to the beginning of another, as the connections near by are bent. */
function curve(from: CardNode | undefined, to: CardNode | undefined, route: Route | undefined): string {
  if (from === undefined || to === undefined) return '';
  return cardEdgePath(from.position, to.position, from.data.sideways ? 'right' : 'down', route);
}
