import type { ModelAnalysis } from '../compiler/compiled.ts';
import type { ComparedStatus } from '../document/compare.ts';
import { BLOCK } from '../document/blocks.ts';
import { CARD, type Position } from '../document/edits.ts';
import { flowDirection, type FlowDirection } from '../document/layout.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../document/model-document.ts';
import { nodeFacts, type NodeFacts } from '../layers/node-facts.ts';
import { resolveParameters } from '../layers/parameters.ts';
import type { PictureColours } from './colours.ts';

export interface PictureOptions {
  readonly colours: PictureColours;
  /** What became of each node and edge, by id, where the picture compares two models. */
  readonly status?: ReadonlyMap<string, ComparedStatus>;
}

const MARGIN = 24;
const MAX_TEXT = 26;
const FONT = "font-family=\"system-ui, 'Segoe UI', 'Noto Sans', sans-serif\"";

/**
 * The graph as an SVG of its own: cards where they are on the canvas, with kind, parameters,
 * output shape and parameter counts, and the connections between them.
 *
 * @param analysis Null: cards without shapes and counts.
 */
export function modelPicture(
  document: Pick<ModelDocument, 'nodes' | 'edges'> & Partial<Pick<ModelDocument, 'blocks'>>,
  analysis: Pick<ModelAnalysis, 'nodes'> | null,
  { colours, status }: PictureOptions,
): string {
  const { nodes, edges, blocks = [] } = document;
  const left = Math.min(0, ...nodes.map((node) => node.position.x)) - MARGIN;
  const top = Math.min(0, ...nodes.map((node) => node.position.y)) - MARGIN;
  const right = Math.max(0, ...nodes.map((node) => node.position.x + CARD.width)) + MARGIN;
  const bottom = Math.max(0, ...nodes.map((node) => node.position.y + CARD.height)) + MARGIN;
  const [width, height] = [Math.ceil(right - left), Math.ceil(bottom - top)];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const painter = new Painter(analysis, colours, status ?? new Map(), flowDirection(document));
  const marker = `<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colours.edge}"/></marker>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}" ${FONT}>`,
    `<defs>${marker}</defs>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${colours.ground}"/>`,
    ...edges.map((edge) => painter.edge(edge, byId.get(edge.source), byId.get(edge.target))),
    ...nodes.map((node) => painter.card(node, nodeFacts({ blocks }, node))),
    '</svg>',
  ].join('\n');
}

/** A curve from one card to the other, out and in where connections of the graph go. */
function connection(source: Position, target: Position, direction: FlowDirection): string {
  if (direction === 'down') {
    const [x1, y1] = [source.x + CARD.width / 2, source.y + CARD.height];
    const [x2, y2] = [target.x + CARD.width / 2, target.y];
    const bend = Math.max(16, Math.abs(y2 - y1) / 2);
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  }
  const [x1, y1] = [source.x + CARD.width, source.y + CARD.height / 2];
  const [x2, y2] = [target.x, target.y + CARD.height / 2];
  const bend = Math.max(16, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

class Painter {
  readonly #analysis: Pick<ModelAnalysis, 'nodes'> | null;
  readonly #colours: PictureColours;
  readonly #status: ReadonlyMap<string, ComparedStatus>;
  readonly #direction: FlowDirection;

  constructor(
    analysis: Pick<ModelAnalysis, 'nodes'> | null,
    colours: PictureColours,
    status: ReadonlyMap<string, ComparedStatus>,
    direction: FlowDirection,
  ) {
    this.#direction = direction;
    this.#analysis = analysis;
    this.#colours = colours;
    this.#status = status;
  }

  edge({ id }: ModelEdge, source: ModelNode | undefined, target: ModelNode | undefined): string {
    if (source === undefined || target === undefined) return '';
    const path = connection(source.position, target.position, this.#direction);
    const mark = this.#mark(id);
    const dashed = this.#status.get(id) === 'removed' ? ' stroke-dasharray="5 4"' : '';
    return `<path d="${path}" fill="none" stroke="${mark ?? this.#colours.edge}" stroke-width="${mark === null ? 1.5 : 2.5}"${dashed} marker-end="url(#arrow)"/>`;
  }

  card(node: ModelNode, facts: NodeFacts | undefined): string {
    const { x, y } = node.position;
    const colours = this.#colours;
    const family = colours.families[facts?.family ?? (node.kind === BLOCK ? 'block' : 'core')];
    const known = this.#analysis?.nodes.get(node.id);
    const shape = known?.outputShape?.slice(1).join(' × ') ?? '';
    const count = known === undefined || known.parameters === 0 ? '' : known.parameters.toLocaleString('en-US');
    const mark = this.#mark(node.id);
    const faded = this.#status.get(node.id) === 'removed' ? ' opacity="0.65"' : '';
    const dashed = this.#status.get(node.id) === 'removed' ? ' stroke-dasharray="5 4"' : '';
    const text = (dx: number, dy: number, words: string, style: string): string =>
      words === '' ? '' : `<text x="${x + dx}" y="${y + dy}" ${style}>${escaped(shortened(words))}</text>`;
    const muted = `font-size="11" fill="${colours.muted}"`;
    return [
      `<g${faded}>`,
      `<rect x="${x}" y="${y}" width="${CARD.width}" height="${CARD.height}" rx="6" fill="${node.frozen ? colours.iceCard : colours.card}" stroke="${mark ?? (node.frozen ? colours.ice : colours.line)}" stroke-width="${mark === null ? 1 : 2.5}"${dashed}/>`,
      `<rect x="${x}" y="${y + 6}" width="4" height="${CARD.height - 12}" fill="${family}"/>`,
      text(14, 21, node.name, `font-size="13" font-weight="600" fill="${colours.text}"`),
      text(
        14,
        41,
        `${facts?.kind ?? node.kind} ${summary(node, facts)}`.trim(),
        `font-size="12" fill="${colours.muted}"`,
      ),
      text(14, 65, shape, muted),
      text(CARD.width - 10, 65, count, `${muted} text-anchor="end"`),
      node.frozen ? text(CARD.width - 10, 21, 'frozen', `font-size="11" fill="${colours.ice}" text-anchor="end"`) : '',
      '</g>',
    ].join('');
  }

  #mark(id: string): string | null {
    const status = this.#status.get(id);
    return status === undefined || status === 'same' ? null : this.#colours[status];
  }
}

function summary(node: ModelNode, facts: NodeFacts | undefined): string {
  if (facts === undefined) return '';
  const { values, faults } = resolveParameters(facts, node.params);
  return faults.length > 0 ? '' : facts.summarize(values);
}

function shortened(words: string): string {
  return words.length > MAX_TEXT ? `${words.slice(0, MAX_TEXT - 1)}…` : words;
}

function escaped(words: string): string {
  // Control characters are not allowed in XML at all.
  const printable = Array.from(words, (letter) => (letter < ' ' ? ' ' : letter)).join('');
  return printable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
