import { INPUT, OUTPUT, isInput, isOutput } from '../../document/schema/ends.ts';
import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, MAX_REPEAT, RESERVED_PARAMETERS } from '../../document/schema/blocks.ts';
import type { JsonValue, ModelBlock, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import type { InputPort, PortConnections } from '../../document/schema/ports.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { showValue } from '../../text/show-value.ts';
import { title } from '../graph/graph.ts';
import { nameProblems } from '../graph/names.ts';
import { portProblems } from '../graph/port-problems.ts';
import { idInside, type BlockCopy } from './expanded.ts';

/** Limit of nodes in all expanded blocks together. */
export const MAX_EXPANDED_NODES = 20_000;
export const MAX_DEPTH = 50;

/** Problems of Block nodes and blocks, with ids of the expanded model. `node` is the Block node with its name there. */

export function unknownBlock(node: ModelNode): GraphProblem {
  const named = node.params['block'];
  const received = named === undefined ? 'no block' : showValue(named);
  return onNode(
    node,
    'block/unknown',
    `${title(node)} expected a block of this model; received ${received}. Choose one from the palette, or remove it.`,
    [removal(node)],
  );
}

/** @param circle Names of the blocks on the cycle; the last one contains the first. */
export function recursion(node: ModelNode, circle: readonly string[]): GraphProblem {
  const path = [...circle, circle[0]!].map((name) => `'${name}'`).join(' → ');
  return onNode(
    node,
    'block/recursion',
    `${title(node)} expected a block that does not contain itself; received the cycle ${path}. Remove it, or choose another block.`,
    [removal(node)],
  );
}

export function tooDeep(node: ModelNode): GraphProblem {
  return onNode(
    node,
    'block/too-deep',
    `${title(node)} expected at most ${MAX_DEPTH} nested blocks; received more. Dissolve some of them.`,
    [removal(node)],
  );
}

export function tooMany(node: ModelNode): GraphProblem {
  return {
    ...onNode(
      node,
      'block/too-many',
      `${title(node)} expected at most ${MAX_EXPANDED_NODES} layers in all copies of blocks; received more. Set a smaller Repeat.`,
      [],
    ),
    param: 'repeat',
  };
}

export function badRepeat(node: ModelNode, received: JsonValue): GraphProblem {
  return {
    ...onNode(
      node,
      'layer/bad-parameter',
      `${title(node)} expected Repeat to be a whole number from 1 to ${MAX_REPEAT}; received ${showValue(received)}. Set it to 1 (the default) or another such number.`,
      [{ label: 'Set Repeat to 1', action: 'reset-param', params: { nodeId: node.id, name: 'repeat' } }],
    ),
    param: 'repeat',
  };
}

export function notRepeatable(node: ModelNode): GraphProblem {
  return {
    ...onNode(
      node,
      'block/not-repeatable',
      `${title(node)} expected a block with an input, so that each copy can read the one before; received one without. Add a BlockInput inside, or set Repeat to 1.`,
      [{ label: 'Set Repeat to 1', action: 'reset-param', params: { nodeId: node.id, name: 'repeat' } }],
    ),
    param: 'repeat',
  };
}

/** Problems of the connections into a Block node. @param edgeIds Id of an edge in the expanded model. */
export function inputProblems(
  node: ModelNode,
  { connected, refused }: PortConnections,
  ports: readonly InputPort[],
  edgeIds: (edge: ModelEdge) => string,
): GraphProblem[] {
  const named = refused.filter(({ targetPort }) => targetPort !== undefined);
  const extra = refused.filter(({ targetPort }) => targetPort === undefined);
  const missing = ports.filter((_, index) => connected[index] === undefined);
  const problems = portProblems(node, named, ports, missing.length > 0, edgeIds);
  const wanted = ports.length;
  const count = wanted - missing.length + extra.length;
  const expected = `expected ${wanted} input${wanted === 1 ? '' : 's'}, one for each BlockInput inside; received ${count === 0 ? 'none' : count}.`;
  if (missing.length > 0) {
    const where = wanted === 1 ? 'it' : missing.map(({ label }) => `'${label}'`).join(' and ');
    const message = `${title(node)} ${expected} Connect a layer to ${where}, or remove it.`;
    problems.push(onNode(node, 'graph/missing-input', message, [removal(node)]));
  }
  if (extra.length > 0) {
    const fixes = extra.map((edge): Fix => ({
      label: 'Remove the last connection',
      action: 'remove-edge',
      params: { edgeId: edgeIds(edge) },
    }));
    const message = `${title(node)} ${expected} Remove connections.`;
    problems.push(onNode(node, 'graph/too-many-inputs', message, fixes.slice(0, 1)));
  }
  return problems;
}

/** Problems inside a block that all of its copies share; reported in the given copy. */
export function insideProblems(copy: BlockCopy): GraphProblem[] {
  const { block, node } = copy;
  const named = (inner: ModelNode): ModelNode => ({ ...inner, id: idInside(copy, inner.id) });
  const titled = (inner: ModelNode): string => title({ ...inner, name: `${copy.name}/${inner.name}` });
  const problems: GraphProblem[] = nameProblems(block.nodes.map(named)).map((problem) => ({
    ...problem,
    message: `Inside '${block.name}': ${problem.message}`,
  }));
  const outputs = block.nodes.filter((inner) => inner.kind === BLOCK_OUTPUT);
  if (outputs.length === 0) {
    const sources = new Set(block.edges.map((edge) => edge.source));
    const last = block.nodes.findLast((inner) => inner.kind !== BLOCK_INPUT && !sources.has(inner.id));
    const fix: Fix = {
      label: 'Add BlockOutput',
      action: 'add-node',
      params: { kind: BLOCK_OUTPUT, params: {}, connectFrom: last?.id ?? null, connectTo: null },
      block: block.id,
    };
    problems.push(
      onNode(
        { ...node, id: copy.id, name: copy.name },
        'block/no-output',
        `Block '${copy.name}' expected a BlockOutput inside '${block.name}', which marks its output; received none. Open it and add one.`,
        [fix],
      ),
    );
  }
  for (const inner of outputs.slice(1)) {
    problems.push(
      onNode(
        named(inner),
        'block/several-outputs',
        `Expected one BlockOutput in a block; received a further one, ${titled(inner)}. Remove one of them.`,
        [removal(named(inner))],
      ),
    );
  }
  const entries = new Map(block.nodes.filter(({ kind }) => kind === BLOCK_INPUT).map((inner) => [inner.id, inner]));
  for (const edge of block.edges) {
    const entry = entries.get(edge.target);
    if (entry === undefined) continue;
    problems.push(
      onNode(
        named(entry),
        'graph/too-many-inputs',
        `${titled(entry)} expected its value from outside the block; received a connection inside. Remove the connection.`,
        [
          {
            label: `Remove the connection to ${entry.name}`,
            action: 'remove-edge',
            params: { edgeId: edge.id },
            block: block.id,
          },
        ],
      ),
    );
  }
  for (const inner of block.nodes) {
    if (isInput(inner) || isOutput(inner)) {
      const kind = isInput(inner) ? BLOCK_INPUT : BLOCK_OUTPUT;
      problems.push(
        onNode(
          named(inner),
          'block/model-end',
          `${titled(inner)} belongs to the model itself and cannot be inside a block. Replace it by a ${kind}.`,
          [removal(named(inner))],
        ),
      );
    }
    if (inner.kind === BLOCK && /^\d+$/.test(inner.name)) {
      // 'stack/2' is the second copy of 'stack'.
      problems.push(
        onNode(
          named(inner),
          'graph/bad-name',
          `Inside '${block.name}': expected a name that is not a number; received '${inner.name}'. Rename this block.`,
          [
            {
              label: `Rename to 'block_${inner.name}'`,
              action: 'rename',
              params: { nodeId: idInside(copy, inner.id), name: `block_${inner.name}` },
            },
          ],
        ),
      );
    }
  }
  return [...problems, ...parameterNameProblems(copy)];
}

function parameterNameProblems({ block, node, id, name }: BlockCopy): GraphProblem[] {
  const seen = new Set<string>();
  return block.parameters.flatMap((parameter) => {
    const fault = RESERVED_PARAMETERS.has(parameter.name)
      ? 'a name that is not reserved'
      : !/^[A-Za-z]\w*$/.test(parameter.name)
        ? 'a letter followed by letters, digits and _'
        : seen.has(parameter.name)
          ? 'a name that no other parameter has'
          : null;
    seen.add(parameter.name);
    if (fault === null) return [];
    return [
      onNode(
        { ...node, id, name },
        'block/parameter-name',
        `Inside '${block.name}': expected ${fault} for a parameter; received '${parameter.name}'. Rename the parameter.`,
        [],
      ),
    ];
  });
}

/** A node whose `weightsOf` names a missing node, or one of another kind. @param expected The valid owner, in words. */
export function badOwner(node: ModelNode, expected: string): GraphProblem {
  return onNode(
    node,
    'shared/bad-owner',
    `${title(node)} uses the weights of another layer: expected ${expected}; received a ${node.kind}. Give it separate weights, or remove it.`,
    [{ label: 'Use separate weights', action: 'separate-weights', params: { nodeId: node.id } }, removal(node)],
  );
}

/** A layer refers to a missing parameter of its block. */
export function unknownParameter(node: ModelNode, param: string, block: ModelBlock): GraphProblem {
  const known = block.parameters.map(({ name }) => name).join(', ') || 'none';
  return {
    ...onNode(
      node,
      'block/unknown-parameter',
      `${title(node)} expected ${param} to refer to a parameter of the block '${block.name}' (${known}); received ${showValue(node.params[param] ?? null)}. Add the parameter, or give ${param} a value.`,
      [{ label: `Set ${param} to its default`, action: 'reset-param', params: { nodeId: node.id, name: param } }],
    ),
    param,
  };
}

/** A BlockInput or BlockOutput outside of a block. */
export function endOutside(node: ModelNode): GraphProblem {
  const kind = node.kind === BLOCK_INPUT ? INPUT : OUTPUT;
  return onNode(
    node,
    'block/end-outside',
    `${title(node)} expected to be inside a block; it is in the model itself. Replace it by an ${kind}, or remove it.`,
    [removal(node)],
  );
}

function onNode(node: ModelNode, code: string, message: string, fixes: Fix[]): GraphProblem {
  return { code, severity: 'error', nodeId: node.id, message, fixes };
}

function removal(node: ModelNode): Fix {
  return { label: `Remove ${title(node)}`, action: 'remove-node', params: { nodeId: node.id } };
}
