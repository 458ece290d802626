import { BLOCK_INPUT, BLOCK_OUTPUT, isReference } from '../../document/schema/blocks.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { valueInWords } from '../../layers/parameters/parameter-words.ts';
import { title } from '../graph/graph.ts';
import { parametersOf } from '../graph/parameter-problems.ts';
import type { BlockCopy, ExpandedModel, NodeOrigin } from './expanded.ts';

/**
 * Translates problems of the expanded model to the document: shown on the Block node of the
 * layer, with fixes that edit the block, and once for all copies.
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
    // Merge the problems of all copies of a layer; do not merge problems of plain nodes.
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

/** Problems of stand-ins, and missing inputs of BlockInputs, follow from a problem of the Block node. */
function followsFromAnother({ broken, origins }: ExpandedModel, { nodeId, code }: GraphProblem): boolean {
  if (nodeId === null) return false;
  if (broken.has(nodeId)) return code !== 'graph/cycle';
  const origin = origins.get(nodeId);
  return code === 'graph/missing-input' && origin?.node.kind === BLOCK_INPUT;
}

/** Reports an unused Block once instead of each of its layers. */
function unusedBlocks({ origins, outputs }: ExpandedModel, problems: readonly GraphProblem[]): GraphProblem[] {
  const unused = new Set(problems.filter(({ code }) => code === 'graph/unused').map(({ nodeId }) => nodeId));
  return problems.flatMap((problem) => {
    const origin = origins.get(problem.nodeId ?? '');
    if (problem.code !== 'graph/unused' || origin === undefined) return [problem];
    const whole = outermost(origin.copy, (copy) => unused.has(outputs.get(copy.id) ?? null));
    if (whole === null) return [problem];
    // Report once, at the output.
    if (problem.nodeId !== outputs.get(whole.id)) return [];
    const node: ModelNode = { ...whole.node, id: whole.id, name: nameOf(whole) };
    return [
      {
        ...problem,
        nodeId: whole.id,
        message: `${title(node)} does not lead to an Output and has no effect. Connect it, or remove it.`,
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

/** Name of the Block node of a copy. */
const nameOf = ({ name, copy }: BlockCopy): string => (copy === 1 ? name : name.slice(0, name.lastIndexOf('/')));

function locate(expanded: ExpandedModel, problem: GraphProblem): GraphProblem {
  const { param, ...rest } = problem;
  const fixes = problem.fixes.flatMap((fix) => locateFix(expanded, fix) ?? []);
  const origin = expanded.origins.get(problem.nodeId ?? '');
  if (origin === undefined) return fixes.length === 0 && problem.fixes.length === 0 ? problem : { ...problem, fixes };
  const path = pathOf(origin.copy);
  // If a Block node of the model itself gives the value, mark that parameter.
  const source = param === undefined ? null : valueSource(origin, param);
  const marked = source !== null && source.copy === null ? source.param : undefined;
  return {
    ...rest,
    nodeId: path[0]!,
    inside: { path, nodeId: origin.node.id },
    ...(marked === undefined ? {} : { param: marked }),
    fixes,
  };
}

/** Ids of the Block nodes around a copy, the outermost first. */
function pathOf(copy: BlockCopy): string[] {
  const path: string[] = [];
  for (let at: BlockCopy | null = copy; at !== null; at = at.outer) path.unshift(at.node.id);
  return path;
}

/** Where a parameter's value is set: the copy (null: the model itself), node and parameter. */
interface ValueSource {
  readonly copy: BlockCopy | null;
  readonly node: ModelNode;
  readonly param: string;
}

/** Follows references to block parameters up to the node that sets the value. */
function valueSource({ copy, node }: NodeOrigin, param: string): ValueSource {
  let source: ValueSource = { copy, node, param };
  // An unknown parameter is a fault of the layer, even if a Block node sets its value.
  if (layerCatalog.has(node.kind) && !parametersOf(node.kind).some(({ name }) => name === param)) return source;
  for (;;) {
    const value = source.node.params[source.param];
    const inside = source.copy;
    if (inside === null || !isReference(value)) return source;
    if (!inside.block.parameters.some(({ name }) => name === value.parameter)) return source;
    source = { copy: inside.outer, node: inside.node, param: value.parameter };
  }
}

/** The fix as an edit of the document; null if it would have to edit several graphs. */
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
    case 'remove-from-phase':
      return fix;
    case 'set-frozen':
      if (!fix.params.nodeIds.some((id) => origins.has(id))) return fix;
      return fix.params.frozen ? null : { label: fix.label, action: 'unfreeze-all', params: {} };
    case 'free-port':
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
    case 'edit-param':
      return origins.has(fix.params.nodeId) ? null : fix;
    case 'join-inputs':
    case 'insert-before':
    case 'replace-layer':
    case 'rename':
    case 'separate-weights':
    case 'take-out':
    case 'remove-node': {
      const origin = origins.get(fix.params.nodeId);
      if (origin === undefined) return fix;
      return placed(origin.copy, { ...fix, params: { ...fix.params, nodeId: origin.node.id } } as Fix);
    }
  }
}

type ValueFix = Extract<Fix, { action: 'set-param' | 'reset-param' }>;

/** Sets the value where it is set now: on the layer, or on the Block node whose parameter it is. */
function locateValueFix(
  origin: NodeOrigin,
  fix: ValueFix,
  placed: (copy: BlockCopy | null, made: Fix) => Fix,
): Fix | null {
  const { copy, node, param } = valueSource(origin, fix.params.name);
  const target = { nodeId: node.id, name: param };
  const own = node === origin.node;
  if (fix.action === 'set-param') {
    const { value } = fix.params;
    const label = own ? fix.label : `Set ${param} of ${title(node)} to ${valueInWords(value)}`;
    return placed(copy, { label, action: 'set-param', params: { ...target, value } });
  }
  // The default of the block's parameter is at fault: resetting would change nothing.
  if (!own && !Object.hasOwn(node.params, param)) return null;
  const label = own ? fix.label : `Take the default for ${param} of ${title(node)}`;
  return placed(copy, { label, action: 'reset-param', params: target });
}

/** Sets all values where they are set now, once for all copies; null if those are in several graphs. */
function locateValuesFix(
  origins: ExpandedModel['origins'],
  fix: Extract<Fix, { action: 'set-params' }>,
  placed: (copy: BlockCopy | null, made: Fix) => Fix,
): Fix | null {
  const sources = fix.params.changes.map(({ nodeId, name, value }) => {
    const origin = origins.get(nodeId);
    if (origin === undefined) return { copy: null, change: { nodeId, name, value } };
    const { copy, node, param } = valueSource(origin, name);
    return { copy, change: { nodeId: node.id, name: param, value } };
  });
  const copy = sources[0]?.copy ?? null;
  if (sources.some((source) => source.copy?.block.id !== copy?.block.id)) return null;
  const changes = new Map(sources.map(({ change }) => [JSON.stringify(change), change]));
  return placed(copy, { ...fix, params: { changes: [...changes.values()] } });
}

/** The node to connect instead of a BlockInput or BlockOutput: the Block node around it. */
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
