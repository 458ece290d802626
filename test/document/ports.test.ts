import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { flattenBlocks } from '../../src-shared/compiler/expand/flatten.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { makeBlock } from '../../src-shared/document/blocks/make-block.ts';
import type { ModelDocument, ModelEdge } from '../../src-shared/document/schema/model-document.ts';
import { blockPorts, connectionsByPort, portsNamed } from '../../src-shared/document/schema/ports.ts';
import { allowedEnds, drawnPorts } from '../../src-shared/layers/catalog/connecting.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';
import { layer, use } from '../support/block-documents.ts';
import { numericFeatures } from '../support/documents.ts';
import { countingIds } from './random-edits.ts';

/** 'x>y' or 'x>y:port' as an edge. */
const edges = (...lines: string[]): ModelEdge[] =>
  lines.map((line, index) => {
    const [source, end] = line.split('>') as [string, string];
    const [target, targetPort] = end.split(':') as [string, string?];
    return { id: `e${index}`, source, target, ...(targetPort === undefined ? {} : { targetPort }) };
  });

const written = (list: readonly ModelEdge[]) =>
  list.map(
    ({ source, target, targetPort }) => `${source}>${target}${targetPort === undefined ? '' : `:${targetPort}`}`,
  );

/** Three Dense layers of different sizes, an attention of them, and the Output of its mean. */
function attention(...lines: string[]): ModelDocument {
  const units = (name: string, count: number) => layer('Dense', name, { units: count });
  return {
    format: 'lamina.model',
    version: 6,
    name: 'test',
    nodes: [
      layer('Input', 'in', { shape: [5, 4] }),
      ...[units('x', 3), units('y', 6), units('z', 7)],
      layer('MultiHeadAttention', 'mha', { numHeads: 1, keyDim: 2 }),
      layer('GlobalAveragePooling1D', 'mean'),
      layer('Dense', 'head', { units: 1 }),
      layer('Output', 'out'),
    ],
    edges: edges('in>x', 'in>y', 'in>z', ...lines, 'mha>mean', 'mean>head', 'head>out'),
    blocks: [],
  };
}

const problemsOf = (document: ModelDocument) =>
  analyze(document, numericFeatures([5, 4])).problems.filter(({ severity }) => severity === 'error');

/** Weights of the projections, which tell which layer reads which input. */
function inputSizes(document: ModelDocument) {
  expect(problemsOf(document)).toEqual([]);
  return analyze(document, numericFeatures([5, 4])).nodes.get('mha')!.parameters;
}

describe('connectionsByPort', () => {
  const ports = portsNamed('a', 'b', 'c');
  const at = (...lines: string[]) => {
    const { connected, refused } = connectionsByPort(ports, edges(...lines));
    return [connected.map((edge) => edge?.source ?? null), refused.map(({ source }) => source)];
  };

  it('assigns edges by their port, and edges without one to the free ports in order', () => {
    expect(at()).toEqual([[null, null, null], []]);
    expect(at('x>t', 'y>t')).toEqual([['x', 'y', null], []]);
    expect(at('x>t', 'y>t:a', 'z>t')).toEqual([['y', 'x', 'z'], []]);
    expect(at('x>t:c', 'y>t')).toEqual([['y', null, 'x'], []]);
  });

  it('refuses edges to unknown and occupied ports, and edges without a free port', () => {
    expect(at('x>t:a', 'y>t:a', 'z>t:q')).toEqual([
      ['x', null, null],
      ['y', 'z'],
    ]);
    expect(at('x>t', 'x>t', 'x>t', 'y>t')).toEqual([['x', 'x', 'x'], ['y']]);
  });
});

describe('a layer with named inputs', () => {
  it('reads the layer of each port, whatever the order of the edges', () => {
    // Projections: query 3, value 6, key 7 features, each with 2 biases; the output has 3 features.
    const parameters = (3 + 6 + 7) * 2 + 3 * 2 + 2 * 3 + 3;
    expect(inputSizes(attention('x>mha:query', 'y>mha:value', 'z>mha:key'))).toBe(parameters);
    expect(inputSizes(attention('z>mha:key', 'y>mha:value', 'x>mha:query'))).toBe(parameters);
    expect(inputSizes(attention('z>mha:key', 'x>mha', 'y>mha'))).toBe(parameters);
    const other = (7 + 6 + 3) * 2 + 3 * 2 + 2 * 7 + 7;
    expect(inputSizes(attention('x>mha:key', 'y>mha:value', 'z>mha:query'))).toBe(other);
  });

  it('reads one layer by several ports', () => {
    const twice = attention('x>mha:query', 'x>mha:value', 'z>mha:key');
    expect(inputSizes(twice)).toBe((3 + 3 + 7) * 2 + 3 * 2 + 2 * 3 + 3);
  });

  it.each([
    ['an unknown port', ['x>mha', 'y>mha:values'], 'graph/unknown-port', 'free-port'],
    ['an occupied port', ['x>mha:query', 'y>mha:query'], 'graph/occupied-port', 'free-port'],
    ['no input before a connected one', ['x>mha:query', 'y>mha:key'], 'graph/missing-input', undefined],
    ['more edges than ports', ['x>mha', 'y>mha', 'z>mha', 'x>mha'], 'graph/too-many-inputs', 'remove-edge'],
  ])('is refused for %s', (_, lines, code, action) => {
    const document = attention(...lines);
    const problem = problemsOf(document).find(({ nodeId }) => nodeId === 'mha')!;
    expect([problem.code, problem.fixes[0]?.action]).toEqual([code, action]);
    if (action !== 'free-port') return;
    const change = changeForFix(document, problem.fixes[0]!, countingIds())!;
    expect(problemsOf(applyAndUndo(document, change))).toEqual([]);
  });

  it('refuses a port of a layer whose inputs have no names, and the name of an output', () => {
    const document = attention('x>mha');
    const named = { ...document, edges: document.edges.map((edge) => ({ ...edge, targetPort: 'query' })) };
    expect(problemsOf(named).map(({ code, nodeId }) => [code, nodeId])).toContainEqual(['graph/unknown-port', 'x']);
    const state = { ...document, edges: document.edges.map((edge) => ({ ...edge, sourcePort: 'state' })) };
    expect(problemsOf(state).map(({ code, nodeId }) => [code, nodeId])).toContainEqual(['graph/unknown-port', 'x']);
  });
});

describe('allowedEnds', () => {
  const document = attention('x>mha:query', 'y>mha:value');
  const ends = (source: string, target: string, targetPort?: string) => ({
    ...{ source, target },
    ...(targetPort === undefined ? {} : { targetPort }),
  });

  it('names the first free input, or the wanted one if it is free', () => {
    expect(allowedEnds(document, ends('z', 'mha'))).toEqual(ends('z', 'mha', 'key'));
    expect(allowedEnds(document, ends('x', 'mha'))).toEqual(ends('x', 'mha', 'key'));
    expect(allowedEnds(document, ends('z', 'mha', 'key'))).toEqual(ends('z', 'mha', 'key'));
    expect(allowedEnds(document, ends('z', 'mha', 'value'))).toBeNull();
    expect(allowedEnds(document, ends('z', 'mha', 'other'))).toBeNull();
    expect(allowedEnds(attention('x>mha', 'x>mha', 'x>mha'), ends('z', 'mha'))).toBeNull();
  });

  it('leaves the input of the changed edge free', () => {
    const value = document.edges.find(({ targetPort }) => targetPort === 'value')!;
    expect(allowedEnds(document, ends('z', 'mha', 'value'), value.id)).toEqual(ends('z', 'mha', 'value'));
  });

  it('allows a second edge from the same layer only where inputs are joined', () => {
    const graph = { ...document, nodes: [...document.nodes, layer('Add', 'add')], edges: edges('x>add', 'in>x') };
    expect(allowedEnds(graph, ends('x', 'add', 'stale'))).toEqual(ends('x', 'add'));
    expect(allowedEnds(graph, ends('in', 'x'))).toBeNull();
    expect(allowedEnds(graph, ends('y', 'x'))).toEqual(ends('y', 'x'));
  });

  it('refuses missing nodes and self-loops', () => {
    expect(allowedEnds(document, ends('mha', 'mha'))).toBeNull();
    expect(allowedEnds(document, ends('gone', 'mha'))).toBeNull();
    expect(allowedEnds(document, ends('x', 'gone'))).toBeNull();
  });
});

describe('drawnPorts', () => {
  const shown = (kind: string, ...lines: string[]) => {
    const nodes = [layer('Input', 'x'), layer(kind, 'to')];
    const graph = { nodes, edges: edges(...lines), blocks: [] };
    return drawnPorts(graph)
      .get('to')
      ?.map(({ name, edge }) => (edge === undefined ? name : `${name}=${edge.source}`));
  };

  it('has the needed inputs, those with an edge, and one more', () => {
    expect(shown('Subtract')).toEqual(['a', 'b']);
    expect(shown('MultiHeadAttention')).toEqual(['query']);
    expect(shown('MultiHeadAttention', 'x>to')).toEqual(['query=x', 'value']);
    expect(shown('MultiHeadAttention', 'x>to:value')).toEqual(['query', 'value=x', 'key']);
    expect(shown('MultiHeadAttention', 'x>to', 'x>to', 'x>to')).toEqual(['query=x', 'value=x', 'key=x']);
    expect(shown('Formula', 'x>to')).toEqual(['a=x', 'b']);
    expect(shown('Add', 'x>to')).toBeUndefined();
  });
});

describe('the inputs of a block', () => {
  /** out = left - right inside. */
  const difference = {
    ...{ id: 'k', name: 'difference', parameters: [] },
    nodes: [
      layer('BlockInput', 'left'),
      layer('BlockInput', 'right'),
      layer('Subtract', 'sub'),
      layer('BlockOutput', 'result'),
    ],
    edges: edges('right>sub:b', 'left>sub:a', 'sub>result'),
  };
  const model = (...lines: string[]): ModelDocument => ({
    ...attention(),
    nodes: [
      layer('Input', 'in', { shape: [4] }),
      layer('Dense', 'x'),
      layer('Dense', 'y'),
      use('k', 'use'),
      layer('Output', 'out'),
    ],
    edges: edges('in>x', 'in>y', ...lines, 'use>out'),
    blocks: [difference],
  });
  const subtracted = (document: ModelDocument) => {
    const flat = flattenBlocks(document);
    const id = flat.nodes.find(({ kind }) => kind === 'Subtract')!.id;
    return Object.fromEntries(
      flat.edges.filter(({ target }) => target === id).map(({ source, targetPort }) => [targetPort, source]),
    );
  };

  it('are its ports, in the order of the BlockInputs', () => {
    expect(blockPorts(difference)).toEqual([
      { name: 'left', label: 'left' },
      { name: 'right', label: 'right' },
    ]);
    expect(subtracted(model('x>use:left', 'y>use:right'))).toEqual({ a: 'x', b: 'y' });
    expect(subtracted(model('x>use:right', 'y>use:left'))).toEqual({ a: 'y', b: 'x' });
    expect(subtracted(model('x>use', 'y>use'))).toEqual({ a: 'x', b: 'y' });
    expect(subtracted(model('x>use', 'x>use'))).toEqual({ a: 'x', b: 'x' });
  });

  it('have each one edge', () => {
    const codes = (...lines: string[]) => expandBlocks(model(...lines)).problems.map(({ code }) => code);
    expect(codes('x>use:left', 'y>use:right')).toEqual([]);
    expect(codes('x>use:right')).toEqual(['graph/missing-input']);
    expect(codes('x>use:left', 'y>use:left')).toEqual(['graph/occupied-port', 'graph/missing-input']);
    expect(codes('x>use:left', 'y>use:gone')).toEqual(['graph/unknown-port', 'graph/missing-input']);
    expect(codes('x>use', 'y>use', 'x>use')).toEqual(['graph/too-many-inputs']);
  });

  it('are not shown by their ids in a message', () => {
    const [unknown] = expandBlocks(model('x>use:left', 'y>use:6fd3')).problems;
    expect(unknown!.message).not.toContain('6fd3');
    const change = changeForFix(model('x>use:left', 'y>use:6fd3'), unknown!.fixes[0]!, countingIds())!;
    expect(expandBlocks(applyAndUndo(model('x>use:left', 'y>use:6fd3'), change)).problems).toEqual([]);
  });

  it('keep their meaning when the block is dissolved', () => {
    const document = model('x>use:right', 'y>use:left');
    const result = dissolveBlock(document, 'use', countingIds());
    if (typeof result === 'string') throw new Error(result);
    const after = applyAndUndo(document, result.change);
    const [sub] = result.nodeIds;
    expect(written(after.edges).filter((edge) => edge.includes(sub!))).toEqual([
      `${sub}>out`,
      `x>${sub}:b`,
      `y>${sub}:a`,
    ]);
  });

  it('are named when layers become a block, and dissolving it gives the same graph', () => {
    const document = attention('z>mha:key', 'y>mha:value', 'x>mha:query');
    const made = makeBlock(document, ['mha', 'mean'], countingIds());
    if (typeof made === 'string') throw new Error(made);
    const after = applyAndUndo(document, made.change);
    const inputs = after.blocks[0]!.nodes.filter(({ kind }) => kind === 'BlockInput').map(({ id }) => id);
    expect(written(after.edges).filter((edge) => edge.includes(made.nodeId))).toEqual([
      `z>${made.nodeId}:${inputs[0]}`,
      `y>${made.nodeId}:${inputs[1]}`,
      `x>${made.nodeId}:${inputs[2]}`,
      `${made.nodeId}>head`,
    ]);
    const readers = written(after.blocks[0]!.edges).filter((edge) => edge.includes('>mha'));
    expect(readers).toEqual([`${inputs[0]}>mha:key`, `${inputs[1]}>mha:value`, `${inputs[2]}>mha:query`]);
    expect(analyze(after, numericFeatures([5, 4])).parameters).toBe(
      analyze(document, numericFeatures([5, 4])).parameters,
    );
    const dissolved = dissolveBlock(after, made.nodeId, countingIds());
    if (typeof dissolved === 'string') throw new Error(dissolved);
    const again = applyAndUndo(after, dissolved.change);
    const mha = again.nodes.find(({ kind }) => kind === 'MultiHeadAttention')!.id;
    expect(
      written(again.edges)
        .filter((edge) => edge.includes(`>${mha}`))
        .toSorted(),
    ).toEqual([`x>${mha}:query`, `y>${mha}:value`, `z>${mha}:key`].toSorted());
  });

  it('are one for a layer that the selection reads twice', () => {
    const document = attention('x>mha:query', 'x>mha:value', 'z>mha:key');
    const made = makeBlock(document, ['mha'], countingIds());
    if (typeof made === 'string') throw new Error(made);
    const after = applyAndUndo(document, made.change);
    expect(after.edges.filter(({ target }) => target === made.nodeId)).toHaveLength(2);
    expect(analyze(after, numericFeatures([5, 4])).parameters).toBe(
      analyze(document, numericFeatures([5, 4])).parameters,
    );
  });
});
