import { BLOCK_INPUT, BLOCK_OUTPUT, isReference } from '../../document/schema/blocks.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { valueInWords } from '../../layers/parameters/parameter-words.ts';
import { title } from '../graph/graph.ts';
import { parametersOf } from '../graph/parameter-problems.ts';
import type { BlockCopy, ExpandedModel, NodeOrigin } from './expanded.ts';

/**
 * Says problems of the expanded model in terms of the document: on the Block node that a
 * layer came from, with remedies that edit the block's inside, and once for all copies.
 */
export function locateProblems(expanded: ExpandedModel, problems: readonly GraphProblem[]): GraphProblem[] {
  const own = expanded.problems;
  if (expanded.origins.size === 0 && own.length === 0) return [...problems];
  const following = problems.filter((problem) => !followsFromAnother(expanded, problem));
  const located = new Map<string, { problem: GraphProblem; more: number }>();
  for (const problem of unusedBlocks(expanded, [...own, ...following])) {
    const found = locate(expanded, problem);
    const { inside, nodeId, code } = found;
    const origin = expanded.origins.get(problem.nodeId ?? '');
    // Copies of one layer share its place in the document; problems of plain nodes stay apart.
    const key = origin === undefined ? found : JSON.stringify([nodeId, code, problem.param, inside]);
    const known = located.get(key as string);
    if (known === undefined) located.set(key as string, { problem: found, more: 0 });
    else known.more += 1;
  }
  return [...located.values()].map(({ problem, more }) =>
    more === 0 ? problem : { ...problem, message: `${problem.message} ${sameIn(more)}` },
  );
}

const sameIn = (more: number): string =>
  more === 1 ? 'The same holds for another copy.' : `The same holds for ${more} more copies.`;

/** A stand-in is no layer, and an end without its edge is what the Block node says. */
function followsFromAnother({ broken, origins }: ExpandedModel, { nodeId, code }: GraphProblem): boolean {
  if (nodeId === null) return false;
  if (broken.has(nodeId)) return code !== 'graph/cycle';
  const origin = origins.get(nodeId);
  return code === 'graph/missing-input' && origin?.node.kind === BLOCK_INPUT;
}

/** Where a whole Block is unused, that is one problem, and its layers are none. */
function unusedBlocks({ origins, outputs }: ExpandedModel, problems: readonly GraphProblem[]): GraphProblem[] {
  const unused = new Set(problems.filter(({ code }) => code === 'graph/unused').map(({ nodeId }) => nodeId));
  return problems.flatMap((problem) => {
    const origin = origins.get(problem.nodeId ?? '');
    if (problem.code !== 'graph/unused' || origin === undefined) return [problem];
    const whole = outermost(origin.copy, (copy) => unused.has(outputs.get(copy.id) ?? null));
    if (whole === null) return [problem];
    // Said once, at the output.
    if (problem.nodeId !== outputs.get(whole.id)) return [];
    const node: ModelNode = { ...whole.node, id: whole.id, name: nameOf(whole) };
    return [
      {
        ...problem,
        nodeId: whole.id,
        message: `${title(node)} does not lead to an Output, so the model does without it. Connect it, or remove it.`,
        fixes: [{ label: `Remove ${title(node)}`, action: 'remove-node', params: { nodeId: whole.id } }],
      },
    ];
  });
}

function outermost(copy: BlockCopy, fits: (copy: BlockCopy) => boolean): BlockCopy | null {
  let found: BlockCopy | null = null;
  for (let at: BlockCopy | null = copy; at !== null; at = at.outer) if (fits(at)) found = at;
  return found;
}

/** Of the Block node, whichever copy it is. */
const nameOf = ({ name, copy }: BlockCopy): string => (copy === 1 ? name : name.slice(0, name.lastIndexOf('/')));

function locate(expanded: ExpandedModel, problem: GraphProblem): GraphProblem {
  const { param, ...rest } = problem;
  const fixes = problem.fixes.flatMap((fix) => locateFix(expanded, fix) ?? []);
  const origin = expanded.origins.get(problem.nodeId ?? '');
  if (origin === undefined) return fixes.length === 0 && problem.fixes.length === 0 ? problem : { ...problem, fixes };
  const path = pathOf(origin.copy);
  // A value that the model's own Block node gives is marked there.
  const giver = param === undefined ? null : giverOf(origin, param);
  const marked = giver !== null && giver.copy === null ? giver.param : undefined;
  return {
    ...rest,
    nodeId: path[0]!,
    inside: { path, nodeId: origin.node.id },
    ...(marked === undefined ? {} : { param: marked }),
    fixes,
  };
}

/** Ids of the Block nodes that lead to a copy, the model's own first. */
function pathOf(copy: BlockCopy): string[] {
  const path: string[] = [];
  for (let at: BlockCopy | null = copy; at !== null; at = at.outer) path.unshift(at.node.id);
  return path;
}

/** Where a parameter's value is written: in which inside (null: the model), on which node, under which name. */
interface Giver {
  readonly copy: BlockCopy | null;
  readonly node: ModelNode;
  readonly param: string;
}

/** Follows references from a layer to the Block node, or the layer itself, that gives the value. */
function giverOf({ copy, node }: NodeOrigin, param: string): Giver {
  let giver: Giver = { copy, node, param };
  // What a layer does not have is at fault in the layer, whoever gives it a value.
  if (layerCatalog.has(node.kind) && !parametersOf(node.kind).some(({ name }) => name === param)) return giver;
  for (;;) {
    const value = giver.node.params[giver.param];
    const inside = giver.copy;
    if (inside === null || !isReference(value)) return giver;
    if (!inside.block.parameters.some(({ name }) => name === value.parameter)) return giver;
    giver = { copy: inside.outer, node: inside.node, param: value.parameter };
  }
}

/** The fix as an edit of the document; null where it would be edits of several places. */
function locateFix(expanded: ExpandedModel, fix: Fix): Fix | null {
  const { origins, edgeOrigins } = expanded;
  if (fix.block !== undefined) return fix;
  const placed = (copy: BlockCopy | null, made: Fix): Fix =>
    copy === null ? made : { ...made, label: `${made.label}, in '${copy.block.name}'`, block: copy.block.id };
  switch (fix.action) {
    case 'unfreeze-all':
    case 'scale-columns':
    case 'choose-data':
    case 'choose-loss':
    case 'move-goals':
      return fix;
    case 'set-frozen':
      if (!fix.params.nodeIds.some((id) => origins.has(id))) return fix;
      return fix.params.frozen ? null : { label: fix.label, action: 'unfreeze-all', params: {} };
    case 'remove-edge': {
      const origin = edgeOrigins.get(fix.params.edgeId);
      if (origin !== undefined) return placed(origin.copy, { ...fix, params: { edgeId: origin.edge.id } });
      return fix.params.edgeId.endsWith('/repeat') ? null : fix;
    }
    case 'add-node': {
      const from = lift(expanded, fix.params.connectFrom, BLOCK_OUTPUT);
      const to = lift(expanded, fix.params.connectTo, BLOCK_INPUT);
      if (from?.copy !== undefined && to?.copy !== undefined && from.copy !== to.copy) return null;
      const params = { ...fix.params, connectFrom: from?.id ?? null, connectTo: to?.id ?? null };
      return placed(from?.copy ?? to?.copy ?? null, { ...fix, params });
    }
    case 'set-param':
    case 'reset-param': {
      const origin = origins.get(fix.params.nodeId);
      return origin === undefined ? fix : locateValueFix(origin, fix, placed);
    }
    case 'set-params':
      return locateValuesFix(origins, fix, placed);
    case 'connect': {
      const from = lift(expanded, fix.params.source, BLOCK_OUTPUT)!;
      const to = lift(expanded, fix.params.target, BLOCK_INPUT)!;
      if (from.copy !== to.copy) return null;
      return placed(from.copy, { ...fix, params: { source: from.id, target: to.id } });
    }
    case 'join-inputs':
    case 'insert-before':
    case 'replace-layer':
    case 'rename':
    case 'take-out':
    case 'remove-node': {
      const origin = origins.get(fix.params.nodeId);
      if (origin === undefined) return fix;
      return placed(origin.copy, { ...fix, params: { ...fix.params, nodeId: origin.node.id } } as Fix);
    }
  }
}

type ValueFix = Extract<Fix, { action: 'set-param' | 'reset-param' }>;

/** Gives a value where it is written: on the layer, or on the Block node whose parameter it is. */
function locateValueFix(
  origin: NodeOrigin,
  fix: ValueFix,
  placed: (copy: BlockCopy | null, made: Fix) => Fix,
): Fix | null {
  const { copy, node, param } = giverOf(origin, fix.params.name);
  const target = { nodeId: node.id, name: param };
  const own = node === origin.node;
  if (fix.action === 'set-param') {
    const { value } = fix.params;
    const label = own ? fix.label : `Set ${param} of ${title(node)} to ${valueInWords(value)}`;
    return placed(copy, { label, action: 'set-param', params: { ...target, value } });
  }
  // The block's own default is at fault: there is nothing to take back.
  if (!own && !Object.hasOwn(node.params, param)) return null;
  const label = own ? fix.label : `Take the default for ${param} of ${title(node)}`;
  return placed(copy, { label, action: 'reset-param', params: target });
}

/** All values where they are written, once for all copies; null where that is in several places. */
function locateValuesFix(
  origins: ExpandedModel['origins'],
  fix: Extract<Fix, { action: 'set-params' }>,
  placed: (copy: BlockCopy | null, made: Fix) => Fix,
): Fix | null {
  const givers = fix.params.changes.map(({ nodeId, name, value }) => {
    const origin = origins.get(nodeId);
    if (origin === undefined) return { copy: null, change: { nodeId, name, value } };
    const { copy, node, param } = giverOf(origin, name);
    return { copy, change: { nodeId: node.id, name: param, value } };
  });
  const copy = givers[0]?.copy ?? null;
  if (givers.some((giver) => giver.copy?.block.id !== copy?.block.id)) return null;
  const changes = new Map(givers.map(({ change }) => [JSON.stringify(change), change]));
  return placed(copy, { ...fix, params: { changes: [...changes.values()] } });
}

/** An end of a block that something is to be connected to stands for the Block node around it. */
function lift(
  { origins, outputs }: ExpandedModel,
  id: string | null,
  end: typeof BLOCK_INPUT | typeof BLOCK_OUTPUT,
): { id: string; copy: BlockCopy | null } | null {
  if (id === null) return null;
  let at = id;
  for (;;) {
    const origin = origins.get(at);
    if (origin === undefined) return { id: at, copy: null };
    const isEnd = origin.node.kind === end && (end === BLOCK_INPUT || outputs.get(origin.copy.id) === at);
    if (!isEnd) return { id: origin.node.id, copy: origin.copy };
    at = origin.copy.id;
  }
}
