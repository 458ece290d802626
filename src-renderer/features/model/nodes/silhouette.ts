import { CARD } from '../../../../src-shared/document/edits/edits.ts';
import type { CanvasNode } from './canvas-nodes.ts';
import { cardEdgePath } from '../../../../src-shared/canvas/layout/edge-path.ts';
import type { FlowEdge } from './flow-edges.ts';
import type { CardNode } from './flow-nodes.ts';

/** A graph as few shapes: SVG path data in canvas pixels. */
export interface Silhouette {
  /** All connections, a hundred to a path. */
  readonly edges: readonly string[];
  /** The cards by the colour that fills them, a hundred to a path. */
  readonly strips: readonly Strip[];
  /** The outlines of cards with an error. */
  readonly failing: string;
  /** The outlines of selected cards. */
  readonly selected: string;
}

interface Strip {
  readonly key: string;
  readonly fill: string;
  readonly path: string;
}

/** Shapes per path: when one moves, only the shapes of its path are drawn again. */
const A_PATH = 100;

/** Strips end before the round corners of the cards above them. */
const INSET = 2;

/** The cards and connections of the canvas as one drawing: hundreds of elements are too slow to move. */
export function silhouetteOf(nodes: readonly CanvasNode[], edges: readonly FlowEdge[]): Silhouette {
  const cards = new Map(nodes.flatMap((node) => (node.type === 'layer' ? [[node.id, node]] : [])));
  const filled = Map.groupBy(cards.values(), ({ data }) =>
    data.frozen ? 'var(--ice-line)' : `var(--family-${data.family})`,
  );
  const outlines = (chosen: (card: CardNode) => boolean) =>
    [...cards.values()]
      .filter(chosen)
      .map((card) => outlineOf(card))
      .join('');
  return {
    edges: joined(edges.map((edge) => curveOf(edge, cards.get(edge.source), cards.get(edge.target)))),
    strips: [...filled].flatMap(([fill, same]) =>
      joined(same.map((card) => outlineOf(card, INSET))).map((path, index) => ({
        key: `${fill} ${index}`,
        fill,
        path,
      })),
    ),
    failing: outlines(({ data }) => data.problem === 'error'),
    selected: outlines(({ selected }) => selected === true),
  };
}

function joined(shapes: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(shapes.length / A_PATH) }, (_, index) =>
    shapes.slice(index * A_PATH, (index + 1) * A_PATH).join(''),
  );
}

function outlineOf({ position: { x, y } }: CardNode, inset = 0): string {
  const [width, height] = [CARD.width - 2 * inset, CARD.height - 2 * inset];
  return `M${x + inset} ${y + inset}h${width}v${height}h${-width}z`;
}

interface Curve {
  readonly from: CardNode;
  readonly to: CardNode;
  readonly path: string;
}

/** Drawn before, and the cards they were drawn between: of many, few are others at the next move. */
const curves = new WeakMap<FlowEdge, Curve>();

/** From the end of one card to the beginning of another, as the connections near by are bent. */
function curveOf(edge: FlowEdge, from: CardNode | undefined, to: CardNode | undefined): string {
  if (from === undefined || to === undefined) return '';
  const known = curves.get(edge);
  if (known?.from === from && known.to === to) return known.path;
  const direction = from.data.sideways ? 'right' : 'down';
  const path = cardEdgePath(from.position, to.position, direction, edge.data?.route, edge.data?.offsets);
  curves.set(edge, { from, to, path });
  return path;
}
