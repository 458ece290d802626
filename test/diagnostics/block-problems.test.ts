import { describe, expect, it, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { MAX_EXPANDED_NODES } from '../../src-shared/compiler/expand/block-problems.ts';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { ModelBlock, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { graphProblemSchema, type GraphProblem } from '../../src-shared/document/schema/problem.ts';
import { chainBlock, chainModel, denseBlock, layer, links, use } from '../support/block-documents.ts';
import { classFeatures } from '../support/documents.ts';

const features = classFeatures([4], 3);
const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });

function errorsOf(document: ModelDocument): GraphProblem[] {
  const { problems } = analyze(document, features);
  for (const problem of problems) graphProblemSchema.parse(problem);
  return problems.filter(({ severity }) => severity === 'error');
}

function fixed(document: ModelDocument, problem: GraphProblem, index = 0): ModelDocument {
  let count = 0;
  const change = changeForFix(document, problem.fixes[index]!, () => `new${(count += 1)}`);
  return applyChange(document, change!);
}

/** Expects one problem, on this node, which its first fix removes. */
function expectOne(document: ModelDocument, code: string, nodeId: string | null, heals = true): GraphProblem {
  const errors = errorsOf(document);
  expect(errors.map((problem) => [problem.code, problem.nodeId])).toEqual([[code, nodeId]]);
  if (heals) expect(errorsOf(fixed(document, errors[0]!)).map(({ code: left }) => left)).not.toContain(code);
  return errors[0]!;
}

const withStack = (params: object, block: ModelBlock = denseBlock): ModelDocument =>
  chainModel([use('stack', 's', { ...params }), head], [block]);

test('unknown parameters of a layer inside a block: one advice for all copies, the fix edits the block', () => {
  const inside = denseBlock.nodes.map((node) =>
    node.kind === 'Dense' ? { ...node, params: { ...node.params, unitz: { parameter: 'units' }, biass: 1 } } : node,
  );
  const document = withStack({ units: 4, repeat: 2 }, { ...denseBlock, nodes: inside });
  const unknown = (model: ModelDocument): GraphProblem[] =>
    analyze(model, features).problems.filter(({ code }) => code === 'layer/unknown-parameter');
  const [first, second, ...more] = unknown(document);
  expect(more).toEqual([]);
  expect([first, second].map((problem) => problem!.message)).toMatchInlineSnapshot(`
    [
      "Dense 's/dense' expected parameters that Dense has; received 'unitz', which has no effect. Did you mean units? Rename it in the document, or remove it. The same holds for another copy.",
      "Dense 's/dense' expected parameters that Dense has; received 'biass', which has no effect. Rename it in the document, or remove it. The same holds for another copy.",
    ]
  `);
  expect(unknown(fixed(fixed(document, first!), second!))).toEqual([]);
});

describe('problems of Block nodes', () => {
  it.each([
    ['an unknown block', { block: 'gone' }],
    ['no block', { block: 3 }],
  ])('reference to %s', (_, params) => {
    expectOne(withStack(params), 'block/unknown', 's');
  });

  it.each([0, 1.5, 1001, 'many', null])('repeat count %j', (repeat) => {
    const problem = expectOne(withStack({ repeat }), 'layer/bad-parameter', 's');
    expect(problem.param).toBe('repeat');
  });

  it('too few or too many inputs', () => {
    const document = withStack({});
    const alone = { ...document, edges: document.edges.filter(({ target }) => target !== 's') };
    expectOne(alone, 'graph/missing-input', 's', false);
    const more = {
      ...document,
      edges: [...document.edges, ...links('input>s')].map((edge, i) => ({ ...edge, id: `e${i}` })),
    };
    expectOne(more, 'graph/too-many-inputs', 's');
  });

  it('copies whose shapes do not chain', () => {
    const block = chainBlock('stack', [
      layer('Conv1D', 'conv', { filters: 2, kernelSize: 1 }),
      layer('Flatten', 'flat'),
    ]);
    const document = chainModel([use('stack', 's', { repeat: 3 }), head], [block]);
    const sequences = classFeatures([4, 2], 3);
    const errors = analyze(document, sequences).problems.filter(({ severity }) => severity === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'layer/shape', nodeId: 's', inside: { path: ['s'], nodeId: 'conv' } });
    expect(errors[0]!.message).toContain('s/2/conv');
  });

  it('repeated without a BlockInput', () => {
    const block: ModelBlock = { ...chainBlock('stack', []), nodes: [layer('BlockOutput', 'out')], edges: [] };
    const document = { ...withStack({ repeat: 2 }, block), edges: links('s>classes', 'classes>output') };
    expect(errorsOf(document).map(({ code }) => code)).toContain('block/not-repeatable');
  });

  it('unused Block node: one advice for all layers inside', () => {
    const document = withStack({ repeat: 5 });
    const edges = links('input>s', 'input>classes', 'classes>output');
    const advice = analyze({ ...document, edges }, features).problems;
    expect(advice).toMatchObject([{ code: 'graph/unused', nodeId: 's' }]);
    expect(fixed({ ...document, edges }, advice[0]!).nodes.map(({ name }) => name)).toEqual([
      'input',
      'classes',
      'output',
    ]);
  });

  it('cycle: reported on the Block node', () => {
    const document = withStack({ repeat: 2 });
    const errors = errorsOf({
      ...document,
      edges: [...document.edges, ...links('classes>s')].filter(({ source }) => source !== 'input'),
    });
    expect(errors.map(({ code }) => code)).toContain('graph/cycle');
    expect(errors.every(({ nodeId }) => nodeId === null || ['s', 'classes', 'input', 'output'].includes(nodeId))).toBe(
      true,
    );
  });
});

describe('problems inside a block', () => {
  const inside = (nodes: ModelBlock['nodes'], edges: ModelBlock['edges'], parameters: ModelBlock['parameters'] = []) =>
    withStack({ repeat: 3 }, { id: 'stack', name: 'stack', parameters, nodes, edges });
  const ends = [layer('BlockInput', 'in'), layer('BlockOutput', 'out')];

  it('missing BlockOutput', () => {
    const document = inside([ends[0]!, layer('Dense', 'fc')], links('in>fc'));
    const problem = expectOne(document, 'block/no-output', 's');
    expect(problem.message).toMatchInlineSnapshot(
      `"Block 's' expected a BlockOutput inside 'stack', which marks its output; received none. Open it and add one."`,
    );
    expect(errorsOf(fixed(document, problem))).toEqual([]);
  });

  it('two BlockOutputs', () => {
    const document = inside([...ends, layer('BlockOutput', 'more')], links('in>out', 'in>more'));
    expect(expectOne(document, 'block/several-outputs', 's').message).toMatchInlineSnapshot(
      `"Expected one BlockOutput in a block; received a further one, BlockOutput 's/more'. Remove one of them."`,
    );
  });

  it('connection to a BlockInput', () => {
    const document = inside([...ends, layer('Flatten', 'a')], links('in>a', 'a>out', 'a>in'));
    expectOne(document, 'graph/too-many-inputs', 's');
  });

  it('Input inside a block', () => {
    const document = inside([...ends, layer('Input', 'x')], links('in>out'));
    expect(expectOne(document, 'block/model-end', 's').message).toMatchInlineSnapshot(
      `"Input 's/x' belongs to the model itself and cannot be inside a block. Replace it by a BlockInput."`,
    );
  });

  it('layer without input: one problem for all copies, fixed inside', () => {
    const document = inside([...ends, layer('Dense', 'fc')], links('fc>out'));
    const problem = expectOne(document, 'graph/missing-input', 's', false);
    expect(problem).toMatchObject({
      inside: { path: ['s'], nodeId: 'fc' },
      fixes: [{ action: 'remove-node', block: 'stack', params: { nodeId: 'fc' } }],
    });
    expect(problem.message).toMatchInlineSnapshot(
      `"Dense 's/fc' expected an input; received none. Connect a layer to it, or remove it. The same holds for 2 more copies."`,
    );
    expect(fixed(document, problem).blocks[0]!.nodes).toHaveLength(2);
  });

  it('duplicate, empty and numeric names', () => {
    const twins = inside(
      [...ends, layer('Flatten', 'a'), { ...layer('Flatten', 'b'), name: 'a' }],
      links('in>a', 'a>b', 'b>out'),
    );
    expectOne(twins, 'graph/duplicate-name', 's');
    const number = inside([...ends, { ...use('other', '2') }], links('in>2', '2>out'));
    number.blocks.push(chainBlock('other', []));
    expectOne(number, 'graph/bad-name', 's');
  });

  it('reference to a missing block parameter', () => {
    const document = inside(
      [...ends, layer('Dense', 'fc', { units: { parameter: 'nope' } })],
      links('in>fc', 'fc>out'),
      [{ name: 'width', default: 1 }],
    );
    expect(expectOne(document, 'block/unknown-parameter', 's').message).toMatchInlineSnapshot(
      `"Dense 's/fc' expected units to refer to a parameter of the block 'stack' (width); received parameter 'nope'. Add the parameter, or give units a value. The same holds for 2 more copies."`,
    );
  });

  it.each(['repeat', 'block', '', '1a', 'units'])('block parameter named %j', (name) => {
    const document = inside(ends, links('in>out'), [
      { name: 'units', default: 1 },
      { name, default: 1 },
    ]);
    expectOne(document, 'block/parameter-name', 's', false);
  });
});

describe('problems of parameter values', () => {
  it('are reported on the Block node that sets the value, with the fix there', () => {
    const document = withStack({ units: -1, repeat: 2 });
    const problem = expectOne(document, 'layer/bad-parameter', 's');
    expect(problem).toMatchObject({ param: 'units', fixes: [{ params: { nodeId: 's', name: 'units' } }] });
    expect(fixed(document, problem).nodes.find(({ id }) => id === 's')!.params).toEqual({ block: 'stack', repeat: 2 });
  });

  it('are reported inside the block if the layer sets the value', () => {
    const block = chainBlock('stack', [layer('Dense', 'fc', { units: -1 })]);
    const problem = expectOne(withStack({}, block), 'layer/bad-parameter', 's');
    expect(problem).not.toHaveProperty('param');
    expect(problem.inside).toEqual({ path: ['s'], nodeId: 'fc' });
    expect(problem.fixes[0]).toMatchObject({ block: 'stack', params: { nodeId: 'fc', name: 'units' } });
  });

  it('are reported on the outermost Block node of nested blocks that sets the value', () => {
    const inner = chainBlock(
      'inner',
      [layer('Dense', 'fc', { units: { parameter: 'n' } })],
      [{ name: 'n', default: 2 }],
    );
    const outer = chainBlock(
      'outer',
      [use('inner', 'i', { n: { parameter: 'width' } })],
      [{ name: 'width', default: 2 }],
    );
    const document = chainModel([use('outer', 'o', { width: 'x' }), head], [outer, inner]);
    expect(expectOne(document, 'layer/bad-parameter', 'o')).toMatchObject({
      param: 'width',
      inside: { path: ['o', 'i'], nodeId: 'fc' },
    });
  });
});

describe('last layer inside a block', () => {
  it('the fix edits the Block node or the block, whichever sets the value', () => {
    const given = chainBlock(
      'ending',
      [layer('Dense', 'last', { units: { parameter: 'n' }, activation: 'softmax' }), layer('Dropout', 'drop')],
      [{ name: 'n', default: 3 }],
    );
    const outside = expectOne(chainModel([use('ending', 'e', { n: 5 })], [given]), 'target/units', 'e');
    expect(outside).toMatchObject({ param: 'n', fixes: [{ params: { nodeId: 'e', name: 'n', value: 3 } }] });
    const own = chainBlock('ending', [layer('Dense', 'last', { units: 5, activation: 'softmax' })]);
    const inside = expectOne(chainModel([use('ending', 'e')], [own]), 'target/units', 'e');
    expect(inside.fixes[0]).toMatchObject({ block: 'ending', params: { nodeId: 'last', value: 3 } });
  });
});

describe('limits of nesting and copies', () => {
  const recursive = (names: string[]) =>
    names.map((name, i) => chainBlock(name, [use(names[(i + 1) % names.length]!, 'next')]));

  it.each([[['stack']], [['stack', 'b', 'c']]])('blocks %j that contain themselves', (names) => {
    const document = chainModel([use('stack', 's'), head], recursive(names));
    const problem = expectOne(document, 'block/recursion', 's');
    expect(problem.fixes[0]!.block).toBe(names.at(-1));
  });

  it('more layers than the limit, copies included', () => {
    const inner = chainBlock('inner', [layer('Activation', 'a'), layer('Activation', 'b')]);
    const outer = chainBlock('outer', [use('inner', 'i', { repeat: 1000 })]);
    const document = chainModel([use('outer', 'o', { repeat: 1000 }), use('inner', 'later'), head], [outer, inner]);
    const problem = expectOne(document, 'block/too-many', 'o', false);
    expect(problem.param).toBe('repeat');
    expect(problem.message).toMatchInlineSnapshot(
      `"Block 'o' expected at most 20000 layers in all copies of blocks; received more. Set a smaller Repeat."`,
    );
    expect(expandBlocks(document).document.nodes.length).toBeLessThan(10);
  });

  it('as many layers as the limit', () => {
    const block = chainBlock(
      'stack',
      Array.from({ length: 17 }, (_, i) => layer('Activation', `a${i}`)),
    );
    const count = MAX_EXPANDED_NODES / 20;
    const document = chainModel([use('stack', 's', { repeat: count }), head], [block]);
    expect(errorsOf(document)).toEqual([]);
  });

  it('exponential growth through nested blocks', () => {
    const blocks = Array.from({ length: 40 }, (_, i) =>
      chainBlock(`b${i}`, [use(`b${i + 1}`, 'x'), use(`b${i + 1}`, 'y')]),
    );
    const document = chainModel([use('b0', 's'), head], [...blocks, chainBlock('b40', [])]);
    expectOne(document, 'block/too-many', 's', false);
  });

  it('more than 50 nested blocks', () => {
    const blocks = Array.from({ length: 60 }, (_, i) => chainBlock(`b${i}`, [use(`b${i + 1}`, 'x')]));
    const document = chainModel([use('b0', 's'), head], [...blocks, chainBlock('b60', [])]);
    expect(expectOne(document, 'block/too-deep', 's').message).toMatchInlineSnapshot(
      `"Block 's/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x' expected at most 50 nested blocks; received more. Dissolve some of them."`,
    );
  });
});

describe('block ends outside a block', () => {
  it.each(['BlockInput', 'BlockOutput'])('%s in the model', (kind) => {
    const document = chainModel([layer(kind, 'end'), head], []);
    expectOne(document, 'block/end-outside', 'end');
  });
});
