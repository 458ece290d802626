import { isOutput } from '../../../../src-shared/document/schema/ends.ts';
import type { Node } from '@xyflow/svelte';
import { Position } from '@xyflow/svelte';
import type { NodeAnalysis } from '../../../../src-shared/compiler/graph/compiled.ts';
import { CARD } from '../../../../src-shared/document/edits/edits.ts';
import { asNode, type FoldedGroup, type ShownGraph } from '../../../../src-shared/document/geometry/groups.ts';
import type { FlowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import { frozenPart } from '../../../../src-shared/compiler/expand/frozen-part.ts';
import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT } from '../../../../src-shared/document/schema/blocks.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { InputPort } from '../../../../src-shared/document/schema/ports.ts';
import { portOffset } from '../../../../src-shared/canvas/layout/end-offsets.ts';
import { ownersIn, withOwnersValues } from '../../../../src-shared/document/schema/shared-layers.ts';
import type { GraphProblem } from '../../../../src-shared/document/schema/problem.ts';
import type { LayerFamily } from '../../../../src-shared/layers/definition/layer.ts';
import { dependsOnMode, modeOf, nodeFacts, summaryOf } from '../../../../src-shared/layers/catalog/node-facts.ts';
import type { CardBadge } from '../../../slots/feature.ts';
import { showShape } from '../../../../src-shared/program/language/shape.ts';

/** What a card shows; compared by value, so that an untouched card is not drawn again. */
export interface CardData extends Record<string, unknown> {
  readonly name: string;
  readonly kind: string;
  readonly family: LayerFamily;
  readonly summary: string;
  /** '28 × 28 × 1'; '?' while unknown. */
  readonly shape: string;
  readonly parameters: number;
  /** Name of the layer whose weights it uses; '': it has own weights. */
  readonly weightsOf: string;
  readonly frozen: boolean;
  /** How it computes in training, in one word; '': as other layers. */
  readonly mode: string;
  /** The same in one sentence. */
  readonly modeMeaning: string;
  /** Some of what is inside is frozen. */
  readonly partlyFrozen: boolean;
  readonly isBlock: boolean;
  /** Copies of a block. */
  readonly copies: number;
  /** Number of layers in the collapsed group of the card; 0: the card is a layer. */
  readonly groupSize: number;
  readonly hasInput: boolean;
  /** Named inputs, in their order along the card; empty: one handle for all inputs. */
  readonly ports: readonly InputPort[];
  readonly hasOutput: boolean;
  /** Connections lead to the right: in at the left side, out at the right one. */
  readonly sideways: boolean;
  readonly problem: GraphProblem['severity'] | null;
  /** Badges of other features. */
  readonly badges: readonly CardBadge[];
}

export type CardNode = Node<CardData, 'layer'>;

const HANDLE = { id: null, width: 8, height: 8 };
const MIDDLE = { x: CARD.width / 2 - 4, y: CARD.height / 2 - 4 };

/** What the cards show in addition to the document. */
export interface GraphContext {
  readonly nodeOf: (nodeId: string) => NodeAnalysis | undefined;
  /** Values of the open block's parameters. */
  readonly valueOf: (parameter: string) => JsonValue | undefined;
  readonly badgesOf: (nodeId: string) => readonly CardBadge[];
}

/** Asks each badge about each layer now, so that a caller that is reactive runs again when one changes. */
export function badgeLookup({ nodes }: ModelDocument, badges: readonly CardBadge[]): GraphContext['badgesOf'] {
  const shown = new Map(nodes.map(({ id }) => [id, badges.filter(({ isOn }) => isOn(id))]));
  return (nodeId) => shown.get(nodeId) ?? [];
}

/**
 * The layers and folded groups of the document as xyflow's nodes, in its order. A node that looks
 * the same keeps its identity; one that is being dragged keeps its place.
 */
export function cardNodes(
  document: ModelDocument,
  { nodes, folded }: ShownGraph,
  ports: ReadonlyMap<string, readonly InputPort[]>,
  direction: FlowDirection,
  { nodeOf, valueOf, badgesOf }: GraphContext,
  problems: ReadonlyMap<string | null, readonly GraphProblem[]>,
  selected: ReadonlySet<string>,
  before: ReadonlyMap<string, CardNode>,
): CardNode[] {
  const sideways = direction === 'right';
  const ownerOf = ownersIn(document.nodes);
  const dataOf = (node: ModelNode): CardData => {
    const owner = ownerOf(node);
    const found = {
      known: nodeOf(node.id),
      owner,
      ownerKnown: nodeOf(owner.id),
      problems: problems.get(node.id),
      badges: badgesOf(node.id),
      ports: ports.get(node.id) ?? [],
      sideways,
    };
    return cardData(document, node, valueOf, found);
  };
  const cardOf = (node: ModelNode) => cardNode(node, dataOf(node), selected.has(node.id), before.get(node.id));
  if (folded.length === 0) return nodes.map(cardOf);
  const groups = new Map(folded.map((group) => [group.members[0]?.id ?? group.group.id, group]));
  const shown = new Set(nodes);
  return document.nodes.flatMap((node) => {
    if (shown.has(node)) return [cardOf(node)];
    const group = groups.get(node.id);
    if (group === undefined) return [];
    const isModal = (member: ModelNode): boolean =>
      dependsOnMode(document, withOwnersValues(member, ownerOf(member)), valueOf);
    const data = groupData(document, group, group.members.map(dataOf), group.members.filter(isModal).length);
    const isChosen = group.members.some(({ id }) => selected.has(id));
    return [cardNode(asNode(group), data, isChosen, before.get(group.group.id))];
  });
}

/**
 * What the card of a folded group shows: its layers together.
 *
 * @param modal Number of its layers that compute differently in training and in prediction.
 */
function groupData(
  { edges }: ModelDocument,
  { group, members }: FoldedGroup,
  all: readonly CardData[],
  modal: number,
): CardData {
  const inside = new Set(members.map(({ id }) => id));
  const exits = new Set(
    edges.flatMap(({ source, target }) => (inside.has(source) && !inside.has(target) ? source : [])),
  );
  const isEntered = edges.some(({ source, target }) => !inside.has(source) && inside.has(target));
  const [exit, ...more] = exits;
  const withWeights = all.filter(({ parameters, frozen }) => parameters > 0 || frozen);
  const frozen = withWeights.length > 0 && withWeights.every((data) => data.frozen);
  const frozenCount = frozen ? 0 : withWeights.filter((data) => data.frozen).length;
  const inInference = all.filter(({ mode }) => mode === 'inference').length;
  const layers = members.length === 1 ? '1 layer' : `${members.length} layers`;
  return {
    name: group.name,
    kind: 'Group',
    family: 'block',
    summary: frozenCount === 0 ? layers : `${layers}, ${frozenCount} frozen`,
    shape: exit === undefined || more.length > 0 ? '' : all[members.findIndex(({ id }) => id === exit)]!.shape,
    parameters: all.reduce((sum, { parameters }) => sum + parameters, 0),
    weightsOf: '',
    frozen,
    mode: inInference === 0 ? '' : inInference === modal ? 'inference' : `${inInference} inference`,
    modeMeaning:
      inInference === 0
        ? ''
        : `Of its layers that compute in another way while the model trains, ${inInference === modal ? 'all compute' : `${inInference} of ${modal} compute`} as in prediction.`,
    partlyFrozen: !frozen && all.some((data) => data.frozen || data.partlyFrozen),
    isBlock: false,
    copies: 1,
    groupSize: members.length,
    hasInput: isEntered,
    ports: [],
    hasOutput: exit !== undefined,
    sideways: all[0]?.sideways ?? false,
    badges: [...new Set(all.flatMap((data) => data.badges))],
    problem:
      all.find(({ problem }) => problem === 'error')?.problem ?? all.find(({ problem }) => problem)?.problem ?? null,
  };
}

function cardNode(node: ModelNode, data: CardData, selected: boolean, before: CardNode | undefined): CardNode {
  const position = before?.dragging === true ? before.position : node.position;
  if (
    before !== undefined &&
    (before.selected ?? false) === selected &&
    before.position.x === position.x &&
    before.position.y === position.y &&
    sameData(before.data, data)
  ) {
    return before;
  }
  return {
    ...(before !== undefined && sameHandles(before.data, data) ? before : firstCard(node.id, data)),
    position,
    selected,
    data: before !== undefined && sameData(before.data, data) ? before.data : data,
    ariaLabel: `${data.name}, ${data.kind} ${data.summary}, output ${data.shape}${data.frozen ? ', frozen' : data.partlyFrozen ? ', partly frozen' : ''}${data.mode === '' ? '' : data.frozen ? ` (${data.mode})` : `, ${data.mode}`}${data.weightsOf === '' ? '' : `, with the weights of ${data.weightsOf}`}${data.badges.map(({ label }) => `, ${label}`).join('')}`,
  } as CardNode;
}

/** Where a card's connections come in and go out. */
export function sides(sideways: boolean): { input: Position; output: Position } {
  return sideways ? { input: Position.Left, output: Position.Right } : { input: Position.Top, output: Position.Bottom };
}

/** Size and handles are known beforehand, so that hidden cards need not be measured. */
function firstCard(
  id: string,
  { hasInput, ports, hasOutput, sideways }: CardData,
): Omit<CardNode, 'position' | 'data'> {
  const { input, output } = sides(sideways);
  const [first, last] = sideways
    ? [
        { ...MIDDLE, x: -4 },
        { ...MIDDLE, x: CARD.width - 4 },
      ]
    : [
        { ...MIDDLE, y: -4 },
        { ...MIDDLE, y: CARD.height - 4 },
      ];
  return {
    id,
    type: 'layer',
    width: CARD.width,
    height: CARD.height,
    measured: { width: CARD.width, height: CARD.height },
    handles: [
      ...(hasInput && ports.length === 0 ? [{ ...HANDLE, ...first, type: 'target' as const, position: input }] : []),
      ...ports.map(({ name }, index) => {
        const offset = portOffset(index, ports.length, sideways ? 'right' : 'down');
        const at = sideways ? { ...first, y: first.y + offset } : { ...first, x: first.x + offset };
        return { ...HANDLE, ...at, id: name, type: 'target' as const, position: input };
      }),
      ...(hasOutput ? [{ ...HANDLE, ...last, type: 'source' as const, position: output }] : []),
    ],
  };
}

interface Found {
  readonly known: NodeAnalysis | undefined;
  /** The layer whose weights it uses; usually the layer itself. */
  readonly owner: ModelNode;
  readonly ownerKnown: NodeAnalysis | undefined;
  readonly problems: readonly GraphProblem[] | undefined;
  readonly badges: readonly CardBadge[];
  readonly ports: readonly InputPort[];
  readonly sideways: boolean;
}

function cardData(
  document: ModelDocument,
  node: ModelNode,
  valueOf: GraphContext['valueOf'],
  { known, owner, ownerKnown, problems, badges, ports, sideways }: Found,
): CardData {
  const facts = nodeFacts(document, node);
  const isBlock = node.kind === BLOCK;
  const error = problems?.some((problem) => problem.severity === 'error') === true;
  const repeat = owner.params['repeat'];
  const freeze = frozenPart(document, owner, ownerKnown);
  const valued = withOwnersValues(node, owner);
  const mode = facts === undefined ? null : modeOf(document, facts, valued, freeze === 'all', valueOf);
  return {
    name: node.name,
    kind: facts?.kind ?? node.kind,
    family: facts?.family ?? (isBlock ? 'block' : 'core'),
    summary: facts === undefined ? 'unknown kind' : summaryOf(facts, valued, valueOf),
    shape: showShape(known?.outputShape ?? null),
    parameters: known?.parameters ?? 0,
    weightsOf: owner === node ? '' : owner.name,
    frozen: freeze === 'all',
    mode: mode?.summary ?? '',
    modeMeaning: mode?.meaning ?? '',
    partlyFrozen: freeze === 'partly',
    isBlock,
    copies: isBlock && typeof repeat === 'number' ? repeat : 1,
    groupSize: 0,
    hasInput: (facts?.inputs.max ?? 1) > 0 && node.kind !== BLOCK_INPUT,
    ports,
    hasOutput: !isOutput(node) && node.kind !== BLOCK_OUTPUT,
    sideways,
    badges,
    problem: error ? 'error' : problems !== undefined ? 'advice' : null,
  };
}

function sameData(a: CardData, b: CardData): boolean {
  for (const key in a) if (key !== 'badges' && key !== 'ports' && a[key] !== b[key]) return false;
  return (
    samePorts(a.ports, b.ports) &&
    a.badges.length === b.badges.length &&
    a.badges.every((badge, place) => badge === b.badges[place])
  );
}

function samePorts(a: CardData['ports'], b: CardData['ports']): boolean {
  return a.length === b.length && a.every(({ name, label }, i) => name === b[i]!.name && label === b[i]!.label);
}

function sameHandles(a: CardData, b: CardData): boolean {
  return a.sideways === b.sideways && samePorts(a.ports, b.ports);
}
