import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { ComparedStatus } from '../../document/schema/compare.ts';
import { BLOCK } from '../../document/schema/blocks.ts';
import { CARD, type Position } from '../../document/edits/edits.ts';
import { flowDirection, type FlowDirection } from '../../document/geometry/flow-direction.ts';
import { notesShown, placesShown, shownGraph, type Box, type FoldedGroup } from '../../document/geometry/groups.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { drawnPorts } from '../../layers/catalog/connecting.ts';
import { ownersIn, withOwnersValues } from '../../document/schema/shared-layers.ts';
import { nodeFacts, type NodeFacts } from '../../layers/catalog/node-facts.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import { showShape } from '../../program/language/shape.ts';
import { cardEdgePath, type Passage } from '../layout/edge-path.ts';
import { endOffsets, type EndOffsets } from '../layout/end-offsets.ts';
import { routesOf, type Route } from '../layout/routes.ts';
import { framePicture, framesOf, notePicture } from './annotations.ts';
import type { PictureColours } from './colours.ts';
import { attribute, textAt } from './text.ts';

export interface PictureOptions {
  readonly colours: PictureColours;
  /** For a comparison of two models: status of each node and edge by id. */
  readonly status?: ReadonlyMap<string, ComparedStatus>;
}

const MARGIN = 24;
const FONT = "font-family=\"system-ui, 'Segoe UI', 'Noto Sans', sans-serif\"";

/**
 * The graph as a standalone SVG: cards at their canvas positions with kind, parameters, output
 * shape and parameter counts; connections, groups and notes. A folded group is one card, as on the
 * canvas. Cards and connections have their ids as `data-id`.
 *
 * @param analysis Null: cards without shapes and counts.
 */
export function modelPicture(
  document: Pick<ModelDocument, 'nodes' | 'edges' | 'notes' | 'groups'> & Partial<Pick<ModelDocument, 'blocks'>>,
  analysis: Pick<ModelAnalysis, 'nodes'> | null,
  { colours, status }: PictureOptions,
): string {
  const { blocks = [] } = document;
  const direction = flowDirection(document);
  const shown = shownGraph(document, direction);
  const { nodes, folded, edges } = shown;
  const frames = framesOf(document);
  const notes = notesShown(document);
  const cards = [...nodes, ...folded].map(({ position }) => ({ ...position, width: CARD.width, height: CARD.height }));
  const places = placesShown(shown);
  const offsets = endOffsets(shown, drawnPorts({ ...document, blocks }), direction);
  const routes = routesOf(places, edges, direction, offsets);
  const boxes = [
    ...cards,
    ...[...routes.values()].flatMap((route) => route.map((passage) => passageBox(passage, direction))),
    ...frames.map(({ box }) => box),
    ...notes.map(({ position, size }) => ({ ...position, ...size })),
  ];
  const { x: left, y: top, width, height } = boxAround(boxes);
  const painter = new Painter(analysis, colours, status ?? new Map(), direction);
  const ownerOf = ownersIn(document.nodes);
  const tips = new Set(edges.map(({ id }) => painter.tipOf(id)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}" ${FONT}>`,
    `<defs>${[...tips].map((tip) => painter.arrowhead(tip)).join('')}</defs>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${colours.ground}"/>`,
    ...frames.map(({ name, box }) => framePicture(name, box, colours)),
    ...edges.map((edge) =>
      painter.edge(edge, places.get(edge.source), places.get(edge.target), routes.get(edge.id), offsets.get(edge.id)),
    ),
    ...nodes.map((node) => painter.card(node, ownerOf(node), nodeFacts({ blocks }, node))),
    ...folded.map((group) => painter.foldedCard(group)),
    ...notes.map((note) => notePicture(note, colours)),
    '</svg>',
  ].join('\n');
}

/** Bounding box with a margin, rounded outward to whole pixels; only the margin if there are no boxes. */
function boxAround(boxes: readonly Box[]): Box {
  const least = (values: number[]) => (values.length === 0 ? 0 : Math.min(...values));
  const most = (values: number[]) => (values.length === 0 ? 0 : Math.max(...values));
  const x = Math.floor(least(boxes.map((box) => box.x)) - MARGIN);
  const y = Math.floor(least(boxes.map((box) => box.y)) - MARGIN);
  const right = most(boxes.map((box) => box.x + box.width)) + MARGIN;
  const bottom = most(boxes.map((box) => box.y + box.height)) + MARGIN;
  return { x, y, width: Math.ceil(right - x), height: Math.ceil(bottom - y) };
}

function passageBox({ across, ...ends }: Passage, direction: FlowDirection): Box {
  const [from, to] = [Math.min(ends.from, ends.to), Math.max(ends.from, ends.to)];
  return direction === 'down'
    ? { x: across, y: from, width: 0, height: to - from }
    : { x: from, y: across, width: to - from, height: 0 };
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

  edge(
    { id }: ModelEdge,
    source: Position | undefined,
    target: Position | undefined,
    route?: Route,
    offsets?: EndOffsets,
  ): string {
    if (source === undefined || target === undefined) return '';
    const path = cardEdgePath(source, target, this.#direction, route, offsets);
    const mark = this.#mark(id);
    const dashed = this.#status.get(id) === 'removed' ? ' stroke-dasharray="5 4"' : '';
    return `<path data-id="${attribute(id)}" d="${path}" fill="none" stroke="${mark ?? this.#colours.edge}" stroke-width="${mark === null ? 1.5 : 2.5}"${dashed} marker-end="url(#${this.tipOf(id)})"/>`;
  }

  /** Id of the arrowhead with the connection's colour. */
  tipOf(id: string): string {
    return this.#mark(id) === null ? 'arrow' : `arrow-${this.#status.get(id)}`;
  }

  arrowhead(tip: string): string {
    const status = tip === 'arrow' ? null : (tip.slice('arrow-'.length) as Exclude<ComparedStatus, 'same'>);
    const colour = status === null ? this.#colours.edge : this.#colours[status];
    return `<marker id="${tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colour}"/></marker>`;
  }

  /** @param owner The layer whose weights it uses; usually the node itself. */
  card(drawn: ModelNode, owner: ModelNode, facts: NodeFacts | undefined): string {
    const node = withOwnersValues(drawn, owner);
    const { x, y } = node.position;
    const colours = this.#colours;
    const family = colours.families[facts?.family ?? (node.kind === BLOCK ? 'block' : 'core')];
    const known = this.#analysis?.nodes.get(node.id);
    const shape = known?.outputShape == null ? '' : showShape(known.outputShape);
    const own = known === undefined || known.parameters === 0 ? '' : known.parameters.toLocaleString('en-US');
    const count = owner === drawn ? own : `weights of ${owner.name}`;
    const mark = this.#mark(node.id);
    const state = [node.frozen ? 'frozen' : '', node.training === false ? 'inference' : ''].filter(Boolean).join(', ');
    const isGone = this.#status.get(node.id) === 'removed';
    const dashed = isGone ? ' stroke-dasharray="5 4"' : '';
    const size = `x="${x}" y="${y}" width="${CARD.width}" height="${CARD.height}" rx="6"`;
    const text = (dx: number, dy: number, words: string, style: string) => textAt(x + dx, y + dy, words, style);
    const muted = `font-size="11" fill="${colours.muted}"`;
    return [
      `<g data-id="${attribute(node.id)}">`,
      // Opaque ground: connections behind a faded card stay hidden.
      isGone ? `<rect ${size} fill="${colours.ground}"/><g opacity="0.65">` : '',
      `<rect ${size} fill="${node.frozen ? colours.iceCard : colours.card}" stroke="${mark ?? (node.frozen ? colours.ice : colours.line)}" stroke-width="${mark === null ? 1 : 2.5}"${dashed}/>`,
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
      state === '' ? '' : text(CARD.width - 10, 21, state, `font-size="11" fill="${colours.ice}" text-anchor="end"`),
      isGone ? '</g></g>' : '</g>',
    ].join('');
  }

  /** The card of a folded group, with the sum of its layers' parameters. */
  foldedCard({ group, members, position: { x, y } }: FoldedGroup): string {
    const colours = this.#colours;
    const count = members.reduce((sum, { id }) => sum + (this.#analysis?.nodes.get(id)?.parameters ?? 0), 0);
    const marks = members.flatMap(({ id }) => this.#mark(id) ?? []);
    const layers = members.length === 1 ? '1 layer' : `${members.length} layers`;
    return [
      `<g data-id="${attribute(group.id)}">`,
      `<rect x="${x}" y="${y}" width="${CARD.width}" height="${CARD.height}" rx="6" fill="${colours.card}" stroke="${marks[0] ?? colours.line}" stroke-width="${marks.length === 0 ? 1 : 2.5}" stroke-dasharray="4 3"/>`,
      textAt(x + 14, y + 21, group.name, `font-size="13" font-weight="600" fill="${colours.text}"`),
      textAt(x + 14, y + 41, `Group ${layers}`, `font-size="12" fill="${colours.muted}"`),
      count === 0
        ? ''
        : textAt(
            x + CARD.width - 10,
            y + 65,
            count.toLocaleString('en-US'),
            `font-size="11" fill="${colours.muted}" text-anchor="end"`,
          ),
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
