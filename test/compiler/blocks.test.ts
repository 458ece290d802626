import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { idOnPath } from '../../src-shared/compiler/expand/expanded.ts';
import { flattenBlocks } from '../../src-shared/compiler/expand/flatten.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelBlock, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { printProgram } from '../../src-shared/program/language/print.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { chainBlock, chainModel, denseBlock, drawnOut, layer, links, use } from '../support/block-documents.ts';
import { leastCpuTimes } from '../support/cpu-time.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';

const features = classFeatures([4], 3);
const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
const model = (params = {}, more = {}): ModelDocument =>
  chainModel([use('stack', 'stack', params, more), head], [denseBlock]);

function compile(document: ModelDocument) {
  const result = compileModel(document, features, configurationWith({}));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

/** Text of a program without layer names. */
const anonymous = (program: Program): string =>
  printProgram(program)
    .replaceAll(/ {2}# .*/g, '')
    .replaceAll(/state '.*?'/g, 'state');

const names = (document: ModelDocument) => compile(document).weights.map(({ name }) => name);

describe('expandBlocks', () => {
  it('returns a document without blocks unchanged', () => {
    const document = sequentialDocument([dense(3, 'softmax')]);
    expect(expandBlocks(document).document).toBe(document);
  });

  it('names inner layers by Block node and copy', () => {
    expect(names(model({ repeat: 3, units: 5 })).filter((name) => name.endsWith('kernel'))).toEqual([
      'stack/dense/kernel',
      'stack/2/dense/kernel',
      'stack/3/dense/kernel',
      'classes/kernel',
    ]);
  });

  it('keeps the names of existing copies when the repeat count grows', () => {
    const [one, three] = [names(model()), names(model({ repeat: 3 }))];
    expect(three).toEqual(expect.arrayContaining(one));
    const weights = initialWeights(compile(model({ repeat: 3 })), 1);
    expect(weights.get('stack/2/dense/kernel')).not.toEqual(weights.get('stack/3/dense/kernel'));
    expect(initialWeights(compile(model({ repeat: 2 })), 1).get('stack/2/dense/kernel')).toEqual(
      weights.get('stack/2/dense/kernel'),
    );
  });

  it('compiles to the same programs as the flattened network, except for names', () => {
    const drawn = compile(drawnOut(3, 8, [dense(3, 'softmax', { name: 'classes' })]));
    const block = compile(model({ repeat: 3 }));
    expect(block.weights.map(({ shape }) => shape)).toEqual(drawn.weights.map(({ shape }) => shape));
    expect(block.analysis.parameters).toBe(drawn.analysis.parameters);
    for (const program of ['evaluate', 'predict'] as const) {
      expect(anonymous(block.programs[program])).toBe(anonymous(drawn.programs[program]));
    }
    expect(block.programs.train.operations.map(({ op }) => op)).toEqual(
      drawn.programs.train.operations.map(({ op }) => op),
    );
  });

  it('takes parameters from the Block node, else from the block, also in nested blocks', () => {
    const inner = chainBlock(
      'inner',
      [layer('Dense', 'fc', { units: { parameter: 'n' } })],
      [{ name: 'n', default: 2 }],
    );
    const outer = chainBlock(
      'outer',
      [use('inner', 'given', { n: { parameter: 'width' }, repeat: { parameter: 'depth' } }), use('inner', 'plain')],
      [
        { name: 'width', default: 5 },
        { name: 'depth', default: 1 },
      ],
    );
    const document = chainModel([use('outer', 'a', { width: 7, depth: 2 }), use('outer', 'b'), head], [outer, inner]);
    const kernels = compile(document).weights.filter(({ name }) => name.endsWith('kernel'));
    expect(kernels.map(({ name, shape }) => [name, shape])).toEqual([
      ['a/given/fc/kernel', [4, 7]],
      ['a/given/2/fc/kernel', [7, 7]],
      ['a/plain/fc/kernel', [7, 2]],
      ['b/given/fc/kernel', [2, 5]],
      ['b/plain/fc/kernel', [5, 2]],
      ['classes/kernel', [2, 3]],
    ]);
  });

  it('substitutes references inside values and keeps formulas and initializers', () => {
    const block = chainBlock(
      'b',
      [
        layer('Dense', 'fc', {
          units: 4,
          kernelInitializer: { name: 'constant', value: { parameter: 'start' } },
        }),
      ],
      [{ name: 'start', default: 0.5 }],
    );
    const [kernel] = compile(chainModel([use('b', 'b'), head], [block])).weights;
    expect(kernel!.initializer).toEqual({ name: 'constant', value: 0.5 });
  });

  it('passes the first input from copy to copy and the other inputs to every copy', () => {
    const block: ModelBlock = {
      ...{ id: 'two', name: 'two', parameters: [] },
      nodes: [
        ...[layer('BlockInput', 'x'), layer('BlockInput', 'skip'), layer('Dense', 'fc', { units: 4 })],
        ...[layer('Add', 'add'), layer('BlockOutput', 'out')],
      ],
      edges: links('x>fc', 'fc>add', 'skip>add', 'add>out'),
    };
    const document: ModelDocument = {
      ...chainModel([], [block]),
      nodes: [
        layer('Input', 'input'),
        layer('Dense', 'a', { units: 4 }),
        use('two', 'two', { repeat: 2 }),
        head,
        layer('Output', 'output'),
      ],
      edges: links('input>a', 'a>two', 'input>two', 'two>classes', 'classes>output'),
    };
    const { edges } = expandBlocks(document).document;
    expect(edges.map(({ source, target }) => `${source}>${target}`)).toEqual(
      expect.arrayContaining([
        'a>two/1/x',
        'input>two/1/skip',
        'input>two/2/skip',
        'two/1/out>two/2/x',
        'two/2/out>classes',
      ]),
    );
    compile(document);
  });

  it('keeps the order of inputs of layers that read blocks', () => {
    const identity = chainBlock('same', []);
    const document: ModelDocument = {
      ...chainModel([], [identity]),
      nodes: [
        ...[
          layer('Input', 'input'),
          layer('Dense', 'a', { units: 2 }),
          use('same', 'same'),
          layer('Subtract', 'minus'),
        ],
        ...[head, layer('Output', 'output')],
      ],
      edges: links('input>a', 'a>same', 'same>minus', 'a>minus', 'minus>classes', 'classes>output'),
    };
    const order = expandBlocks(document).document.edges.filter(({ target }) => target === 'minus');
    expect(order.map(({ source }) => source)).toEqual(['same/1/out', 'a']);
    compile(document);
  });
});

describe('flattenBlocks', () => {
  it('expands blocks into layers without a slash in their names', () => {
    const identity = chainBlock('same', []);
    const blocks = [denseBlock, identity];
    const document = chainModel(
      [use('same', 'a'), use('stack', 'stack', { repeat: 2 }), use('same', 'b'), head],
      blocks,
    );
    const flat = flattenBlocks(document);
    expect(flat.nodes.map(({ name }) => name)).toEqual([
      ...['input', 'stack_dense', 'stack_norm', 'stack_drop', 'stack_2_dense', 'stack_2_norm', 'stack_2_drop'],
      ...['classes', 'output'],
    ]);
    expect(analyze(flat, features).problems).toEqual([]);
    expect(compile(flat).weights.map(({ shape }) => shape)).toEqual(
      compile(document).weights.map(({ shape }) => shape),
    );
    const plain = sequentialDocument([dense(3, 'softmax')]);
    expect(flattenBlocks(plain)).toBe(plain);
  });
});

describe('learning rate multiplier of a block', () => {
  const rates = (document: ModelDocument) =>
    compile(document).weights.flatMap(({ name, learningRateMultiplier }) =>
      name.endsWith('kernel') ? [[name, learningRateMultiplier]] : [],
    );

  it('is multiplied with the multipliers of inner layers, also in nested blocks', () => {
    const slow = { ...layer('Dense', 'slow', { units: 4, learningRateMultiplier: 0.5 }) };
    const inner = chainBlock('inner', [slow]);
    const outer = chainBlock('outer', [
      use('inner', 'part', { learningRateMultiplier: 0.1 }),
      layer('Dense', 'plain', { units: 4 }),
    ]);
    const document = chainModel(
      [use('outer', 'whole', { learningRateMultiplier: 4, repeat: 2 }), head],
      [inner, outer],
    );
    expect(rates(document)).toEqual([
      ['whole/part/slow/kernel', 0.2],
      ['whole/plain/kernel', 4],
      ['whole/2/part/slow/kernel', 0.2],
      ['whole/2/plain/kernel', 4],
      ['classes/kernel', 1],
    ]);
  });

  it('is an error when out of range', () => {
    const [problem] = analyze(model({ learningRateMultiplier: -1 }), features).problems;
    expect(problem).toMatchObject({ code: 'layer/bad-parameter', nodeId: 'stack', param: 'learningRateMultiplier' });
  });
});

describe('frozen layers in nested blocks', () => {
  const inner = chainBlock('inner', [layer('Dense', 'fc', { units: 4 }), layer('BatchNormalization', 'norm')]);
  const outer = chainBlock('outer', [use('inner', 'core', { repeat: 2 }), layer('Dense', 'last', { units: 4 })]);
  const trainable = (more: object, definition = inner, use2: ModelBlock = outer) => {
    const document = chainModel([use('outer', 'o', { repeat: 2 }, more), head], [use2, definition]);
    return compile(document).weights.flatMap(({ name, trainable: trains }) =>
      trains && /kernel|gamma/.test(name) ? [name] : [],
    );
  };
  const all = trainable({});

  it('freezes all layers of a frozen Block node', () =>
    expect(trainable({ frozen: true })).toEqual(['classes/kernel']));

  it.each([
    ['the first copies', [[[1, 1]]], (name: string) => !/^o\/(core|last)/.test(name)],
    ['a layer in every copy', [['last']], (name: string) => !/last/.test(name)],
    ['a layer in one copy', [[[2, 2], 'last']], (name: string) => !/o\/2\/last/.test(name)],
    ['a block inside', [['core']], (name: string) => !/core/.test(name)],
    ['copies of a block inside', [['core', [2, 2]]], (name: string) => !/core\/2/.test(name)],
    ['a layer two blocks down', [[[1, 1], 'core', [1, 1], 'fc']], (name: string) => name !== 'o/core/fc/kernel'],
    ['nothing for missing paths', [['gone'], [[9, 12]]], () => true],
  ] as [string, unknown, (name: string) => boolean][])('freezes %s', (_, frozenPaths, keeps) => {
    expect(trainable({ frozenPaths })).toEqual(all.filter(keeps));
  });

  it('a frozen layer inside a block is frozen in every use', () => {
    const nodes = inner.nodes.map((node) => (node.name === 'fc' ? { ...node, frozen: true } : node));
    expect(trainable({}, { ...inner, nodes })).toEqual(all.filter((name) => !/fc/.test(name)));
  });

  it('reports graph/nothing-trainable, with a fix that unfreezes all nested layers', () => {
    const nodes = denseBlock.nodes.map((node) => ({ ...node, frozen: true }));
    const document = chainModel([use('stack', 's'), { ...head, frozen: true }], [{ ...denseBlock, nodes }]);
    const problem = analyze(document, features).problems.find(({ code }) => code === 'graph/nothing-trainable');
    expect(problem?.fixes).toMatchObject([{ action: 'unfreeze-all', params: {} }]);
  });
});

describe('analysis of blocks', () => {
  it('reports shape and parameters of a Block node and of each inner layer', () => {
    const { nodes, inside, parameters } = analyze(model({ repeat: 3, units: 5 }), features);
    expect(nodes.get('stack')).toMatchObject({ outputShape: [null, 5] });
    expect([...nodes.keys()]).toEqual(['input', 'stack', 'classes', 'output']);
    expect(nodes.get('stack')!.parameters + nodes.get('classes')!.parameters).toBe(parameters);
    expect(inside.get(idOnPath(['stack'], 'dense'))).toMatchObject({ outputShape: [null, 5], parameters: 25 });
    expect(inside.get('stack/2/dense')).toMatchObject({ parameters: 30 });
  });

  it('takes less than 4 times the CPU time of the flattened model', () => {
    const blocks = chainModel([use('stack', 'stack', { repeat: 167 }), head], [denseBlock]);
    const flat = flattenBlocks(blocks);
    const analysisOf = (document: ModelDocument) => () => {
      expect(analyze(document, features).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    };
    const [folded, drawnOut] = leastCpuTimes(5, analysisOf(blocks), analysisOf(flat));
    expect(folded! / drawnOut!).toBeLessThan(4);
  });
});
