import { describe, expect, it } from 'vitest';
import { exampleLine, lineReference } from '../../src-shared/starting-points/line-reference.ts';
import { words } from '../../src-shared/starting-points/words.ts';
import { fitTo, NO_FIT } from '../../src-shared/starting-points/fit.ts';
import type { Fit } from '../../src-shared/starting-points/fit.ts';
import { stackFromLine } from '../../src-shared/starting-points/line.ts';
import type { Sketch } from '../../src-shared/starting-points/sketch.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures } from '../support/documents.ts';

const digits: Fit = { inputShape: [28, 28, 1], output: { units: 10, activation: 'softmax' } };
const housing: Fit = { inputShape: [8], output: { units: 1, activation: 'linear' } };

function layersOf(text: string, fit: Fit): Sketch {
  const result = stackFromLine(text, fit);
  if (!result.ok) throw new Error(result.message);
  return result.sketch;
}

/** 'Dense 300 relu' for each layer. */
function read(text: string, fit: Fit): string[] {
  return layersOf(text, fit).map(({ kind, params }) =>
    [kind, ...['units', 'filters', 'rate', 'activation', 'shape'].flatMap((name) => params[name] ?? [])].join(' '),
  );
}

describe('stackFromLine', () => {
  it('reads the first number as the input size', () => {
    const dense = ['Dense 300 relu', 'Dense 100 relu', 'Dense 10 softmax', 'Output'];
    expect(read('784-300-100-10', digits)).toEqual(['Input', 'Flatten', ...dense]);
    expect(read('784-300-100-10', NO_FIT)).toEqual(['Input 784', ...dense]);
    expect(read('30-1', housing)).toEqual(['Input', 'Dense 30 relu', 'Dense 1', 'Output']);
  });

  it('reads convolutions, pooling and following layers', () => {
    expect(read('conv32 conv64 pool dense128 dense10', digits)).toEqual([
      'Input',
      'Conv2D 32 relu',
      'Conv2D 64 relu',
      'MaxPooling2D',
      'Flatten',
      'Dense 128 relu',
      'Dense 10 softmax',
      'Output',
    ]);
    const strided = stackFromLine('conv64x5/2 gap', digits);
    expect(strided.ok && strided.sketch[1]?.params).toMatchObject({ kernelSize: [5, 5], strides: [2, 2] });
  });

  it('places normalization before the activation and removes the bias', () => {
    const result = stackFromLine('conv32 bn tanh gap 10', digits);
    expect(result.ok && result.sketch.slice(1, 4)).toMatchObject([
      { kind: 'Conv2D', params: { useBias: false } },
      { kind: 'BatchNormalization' },
      { kind: 'Activation', params: { activation: 'tanh' } },
    ]);
  });

  it('repeats layers and groups', () => {
    expect(read('(20 dropout0.1)*2 5:selu*3 1', housing)).toEqual([
      'Input',
      ...['Dense 20 relu', 'Dropout 0.1', 'Dense 20 relu', 'Dropout 0.1'],
      ...['Dense 5 selu', 'Dense 5 selu', 'Dense 5 selu', 'Dense 1', 'Output'],
    ]);
  });

  it.each([
    ['30 selu*3', '30:selu 30:selu 30:selu'],
    ['30*3 selu', '30:selu 30:selu 30:selu'],
    ['30*3:selu', '30:selu 30:selu 30:selu'],
    ['30 * 3', '30 30 30'],
    ['30 selu × 3', '30:selu 30:selu 30:selu'],
    ['30 bn selu*2', '30 bn selu 30 bn selu'],
    ['30 bn*2 selu', '30 bn selu 30 bn selu'],
    ['30 dropout 0.1*2', '30 dropout0.1 30 dropout0.1'],
    ['30 selu alphadropout0.1*2 5', '30 selu alphadropout0.1 30 selu alphadropout0.1 5'],
    ['30 selu*2 tanh', '30:selu 30:selu tanh'],
    ['(20 30 selu*2)*2', '20 30:selu 30:selu 20 30:selu 30:selu'],
    ['(20 30)*2 selu', '20 30 20 30:selu'],
    ['30:tanh selu', '(30:tanh) selu'],
    ['30 dropout0.1:tanh', '30 dropout0.1 tanh'],
  ])('reads %j like %j', (text, written) => {
    expect(layersOf(`${text} 1`, housing)).toEqual(layersOf(`${written} 1`, housing));
  });

  it.each(['30*3', '30 relu*3', '30:relu*3', '(30)*3'])('reads no repeated layer of %j as the input size', (text) => {
    const rows: Fit = { ...housing, inputShape: [30] };
    for (const fit of [rows, NO_FIT]) {
      const written = read(text, fit).filter((layer) => layer.startsWith('Dense 30'));
      expect(written).toHaveLength(3);
    }
  });

  it.each([
    ['conv8x5 relu*2 pool*2', 'conv8x5 conv8x5 pool pool'],
    ['conv8×5', 'conv8x5'],
    ['conv8 ×2', 'conv8 conv8'],
    ['conv8 bn pool:tanh', 'conv8 bn pool tanh'],
  ])('reads %j of images like %j', (text, written) => {
    expect(layersOf(`${text} 10`, digits)).toEqual(layersOf(`${written} 10`, digits));
  });

  it('keeps an additional activation as a separate layer', () => {
    expect(read('30:tanh selu 1', housing)).toEqual(['Input', 'Dense 30 tanh', 'Activation selu', 'Dense 1', 'Output']);
    expect(read('lstm8:relu 10', { ...digits, inputShape: [28, 28] })).toContain('LSTM 8 relu');
    expect(read('lstm8 relu 10', { ...digits, inputShape: [28, 28] })).toContain('LSTM 8 relu');
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'repeats layers with their activation and following layers, seed %i',
    (seed) => {
      const dice = new Dice(seed, 'line');
      const shapes: Fit[] = [housing, digits, { ...digits, inputShape: [28, 28] }];
      const fit = dice.pick(shapes);
      const names = fit === housing ? ['', 'dense'] : fit === digits ? ['conv', 'sepconv'] : ['lstm', 'gru', 'conv'];
      const written: string[] = [];
      const short: string[] = [];
      for (let i = dice.from(1, 3); i > 0; i--) {
        const layer = `${dice.pick(names)}${dice.from(2, 9)}`;
        const activation = dice.pick(['tanh', 'selu', 'softplus']);
        const after = dice.pick([[], ['dropout0.1'], ['noise0.2'], ['ln', 'alphadropout0.1']]);
        const times = dice.from(2, 4);
        const star = dice.pick(['*', ' * ', '×', ' × ', '* ']);
        const whole = [`${layer}${dice.pick([':', ' '])}${activation}`, ...after].join(' ');
        const forms = [`${whole}${star}${times}`, `(${whole})${star}${times}`];
        if (after.length === 0)
          forms.push(`${layer} ${star}${times} ${activation}`, `${layer} *${times}:${activation}`);
        short.push(dice.pick(forms));
        written.push(...Array.from({ length: times }, () => [`${layer}:${activation}`, ...after].join(' ')));
      }
      const end = fit === housing ? '1' : '10';
      const [line, full] = [[...short, end].join(', '), [...written, end].join(' ')];
      expect(layersOf(line, fit), line).toEqual(layersOf(full, fit));
    },
  );

  it('adds the last layer that the target needs, with a note', () => {
    const result = stackFromLine('30-30', housing);
    expect(result.ok && result.notes).toEqual(['Added Dense 1 at the end for the target.']);
    expect(read('30-30', housing)).toEqual(['Input', 'Dense 30 relu', 'Dense 30 relu', 'Dense 1', 'Output']);
  });

  it.each([
    [
      '11-64-32-2',
      ['Dense 64 relu', 'Dense 32 relu', 'Dense 2 softmax'],
      'The last layer has 2 units, one for each class.',
    ],
    [
      '64 32 2 softmax',
      ['Dense 64 relu', 'Dense 32 relu', 'Dense 2 softmax'],
      'The last layer has 2 units, one for each class.',
    ],
    ['64 2:softmax', ['Dense 64 relu', 'Dense 2 softmax'], 'The last layer has 2 units, one for each class.'],
    ['64-1', ['Dense 64 relu', 'Dense 1 sigmoid'], null],
    ['64 1 sigmoid', ['Dense 64 relu', 'Dense 1 sigmoid'], null],
    ['64 3 softmax', ['Dense 64 relu', 'Dense 3 softmax'], 'The last layer has 3 units, but the target has 2 classes.'],
    ['64 3 tanh', ['Dense 64 relu', 'Dense 3 tanh', 'Dense 1 sigmoid'], 'Added Dense 1 at the end for the target.'],
    ['2-64', ['Dense 2 relu', 'Dense 64 relu', 'Dense 1 sigmoid'], 'Added Dense 1 at the end for the target.'],
  ])('reads the end of %j for two classes', (text, layers, note) => {
    const survived = fitTo(classFeatures([11], 2));
    expect(read(text, survived)).toEqual(['Input', ...layers, 'Output']);
    const result = stackFromLine(text, survived);
    expect(result.ok && result.notes).toEqual(note === null ? [] : [note]);
  });

  it('exampleLine and lineReference suit the data', () => {
    const first = (fit: Fit) => lineReference(fit)[3]!.example;
    expect([exampleLine(housing), first(housing)]).toEqual(['8-64-32-1', 'dropout0.3']);
    expect([exampleLine(digits), first(digits)]).toEqual([
      'conv32 conv64 pool dense128 dense10',
      'conv32, conv32x5, conv32x5/2',
    ]);
    const steps: Fit = { ...digits, inputShape: [28, 28] };
    expect([exampleLine(steps), first(steps)]).toEqual(['lstm64 dense10', 'lstm64']);
    for (const fit of [housing, digits, steps]) {
      expect(stackFromLine(exampleLine(fit), fit)).toMatchObject({ ok: true, notes: [] });
      expect(new Set(lineReference(fit).map(({ means }) => means))).toHaveLength(Object.keys(words).length + 2);
    }
  });

  it('returns sequences between recurrent layers', () => {
    const result = stackFromLine('lstm64 lstm32 10', { ...digits, inputShape: [28, 28] });
    expect(result.ok && result.sketch.map(({ params }) => params['returnSequences'])).toEqual([
      undefined,
      true,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each(['lstm8 dropout0.2 lstm4 10', 'lstm8 bn gru4 10', 'lstm8 gap 10', 'lstm8 conv4 gap 10'])(
    'returns the sequence that a later layer of %j needs',
    (text) => {
      for (const fit of [{ ...digits, inputShape: [28, 28] }, NO_FIT]) {
        const result = stackFromLine(text, fit);
        expect(result.ok && result.sketch.find(({ kind }) => kind === 'LSTM')?.params).toMatchObject({
          returnSequences: true,
        });
        expect(result.ok && result.sketch.map(({ kind }) => kind)).not.toContain('Flatten');
      }
    },
  );

  it('accepts spaces, capitals and other separators', () => {
    const convolutional = read('conv32 pool dense128 dense10', digits);
    for (const line of [
      ' Conv 32  POOL dense 128  Dense10 ',
      'conv-32 → pool → dense-128 → dense-10',
      'Conv2D32, max_pooling2d | dense128 — 10',
    ]) {
      expect(read(line, digits), line).toEqual(convolutional);
    }
    expect(read('30 dropout 0.3 1', housing)).toEqual(['Input', 'Dense 30 relu', 'Dropout 0.3', 'Dense 1', 'Output']);
  });

  it('has a note if the first number is not the input size', () => {
    const result = stackFromLine('784-300-1', housing);
    expect(result.ok && result.notes).toEqual(['The data has 8 values per example, so 784 is a layer.']);
  });

  it('reads recurrent layers after an Embedding', () => {
    expect(read('embed1000x16 lstm32 1', housing)).toEqual(['Input', 'Embedding', 'LSTM 32', 'Dense 1', 'Output']);
  });

  const invalid: readonly [string, number, number][] = [
    ['!!!', 0, 3],
    ['input 30', 0, 5],
    ['resnet', 0, 6],
    ['lstm64', 0, 6],
    ['12.5-1', 0, 4],
    ['0-1', 0, 1],
    ['dropout5', 0, 8],
    ['dens100', 0, 7],
    ['30 drop0.1 foo', 11, 14],
    ['30 conv32', 3, 9],
    ['(30 20', 0, 1],
    ['30)', 2, 3],
    ['30:foo', 0, 6],
    ['30*0', 0, 4],
    ['((30)*100)*100', 9, 14],
    ['30*', 0, 3],
    ['*3 30', 0, 2],
    ['selu*3 30', 0, 6],
    ['(30 20)*2 dropout0.1*3', 10, 22],
    ['30*2 selu*3', 5, 11],
    ['30:', 0, 3],
    ['30:tanh:selu', 0, 12],
    ['conv', 0, 4],
    ['', 0, 0],
  ];

  it.each(invalid)('reports the fault in %j from position %i to %i', (text, start, end) => {
    expect(stackFromLine(text, housing)).toMatchObject({ ok: false, start, end });
  });

  it('has messages with a remedy', () => {
    const found = invalid.map(([text]) => stackFromLine(text, housing));
    expect(found.map((result) => (result.ok ? '' : result.message))).toMatchInlineSnapshot(`
      [
        "'!!!' is not a known layer. Words are dense, conv, pool, flatten, bn, dropout, lstm, …",
        "'input' is not a known layer. Input and Output are added automatically. Remove it.",
        "'resnet' is not a known layer. Choose it from the templates.",
        "lstm64 needs a sequence; received a row of values.",
        "Dense expected a whole number from 1 to 1000000 as Units; received 12.5.",
        "Dense expected a whole number from 1 to 1000000 as Units; received 0.",
        "Dropout expected a number from 0 to below 1 as Rate; received 5.",
        "'dens' is not a known layer. Did you mean dense?",
        "'foo' is not a known layer. Words are dense, conv, pool, flatten, bn, dropout, lstm, …",
        "conv32 needs an image or a sequence; received a row of values.",
        "Expected a ')' for this '('. Add it.",
        "Expected a '(' before this ')'. Remove it, or add a '('.",
        "Expected an activation after ':', such as dense30:tanh; received 'foo'.",
        "Expected a repeat count after '*', such as *20; received '*0'.",
        "Expected at most 500 layers; received more. Use smaller repeat counts.",
        "Expected a repeat count after '*', such as *20; received '*'.",
        "Expected a layer before '*3', such as 30*3.",
        "Expected a layer before 'selu*3' to repeat. Use parentheses: (100 selu)*3.",
        "Expected a layer before 'dropout0.1*3' to repeat. Use parentheses: (100 dropout0.1)*3.",
        "Expected a layer before 'selu*3' to repeat. Use parentheses: (100 selu)*3.",
        "Expected an activation after ':', such as dense30:tanh; received ''.",
        "Expected an activation after ':', such as dense30:tanh; received 'tanh:selu'.",
        "Expected conv32, conv32x5, conv32x5/2; received 'conv'.",
        "Type layers, such as 784-300-100-10.",
      ]
    `);
  });
});
